/** What the stand-in's cloud consists of, as it is kept on disk. Times are ms since the epoch. */
import type { AppCompose } from "./app-compose.ts";

/** What a CVM runs between two updates. */
export type Generation = {
  readonly appCompose: AppCompose;
  readonly composeHash: string;
  /** As it came: hex of ephemeral public key, IV and AES-256-GCM ciphertext. Plain values are never kept. */
  readonly encryptedEnv: string | null;
  /** Why its containers don't come up; absent: they do. */
  readonly bootError?: string | undefined;
};

export type Operation = {
  readonly correlationId: string;
  readonly type: "create" | "compose_update" | "restart" | "power_on" | "shutdown";
  readonly startedAt: number;
  /** How long the old instance still answers after `startedAt`. */
  readonly oldServesMs: number;
  /** When the new instance answers, counted from `startedAt`. */
  readonly durationMs: number;
  readonly composeHash: string;
  /** How it ends, in the API's word; absent: as completed, or failed where the boot does. */
  readonly outcome?: OperationOutcome | undefined;
};

/** An end that a fault asked for. Where it is not applied, the CVM runs on as it was. */
export type OperationOutcome = {
  /** `never`: it stays in progress; `missing`: it is in no list. */
  readonly ends: string;
  readonly applied: boolean;
};

export type CvmState = {
  readonly id: number;
  readonly name: string;
  readonly appId: string;
  readonly vmUuid: string;
  readonly nodeId: number;
  readonly instanceType: string;
  readonly createdAt: number;
  /** Before it nobody sees it, by no id; absent: at once. */
  readonly existsAt?: number | undefined;
  /** Before it lists and names don't know it; absent: at once. */
  readonly visibleAt?: number | undefined;
  /** When it is gone, which may be ahead: it is being deleted until then. */
  readonly deletedAt: number | null;
  /** The KMS's key pair for this app: raw X25519, hex. */
  readonly kmsPrivateKey: string;
  readonly kmsPublicKey: string;
  readonly current: Generation;
  readonly previous: Generation | null;
  /** Newest last. */
  readonly operations: readonly Operation[];
  /** Hashes pushed to the running registry; lost with its instance. */
  readonly pushed: { readonly hashes: readonly string[]; readonly instance: string } | null;
};

/** A provisioning of a CVM that is not yet committed. */
export type Provision = Pick<
  CvmState,
  "name" | "appId" | "nodeId" | "instanceType" | "kmsPrivateKey" | "kmsPublicKey"
> & {
  readonly appCompose: AppCompose;
  readonly composeHash: string;
  /** The hash in the answer, if it is another one: a commit names it. */
  readonly announcedHash?: string | undefined;
  readonly provisionedAt?: number | undefined;
};

export type CloudState = {
  readonly version: 1;
  readonly port: number | null;
  readonly nextId: number;
  /** Authenticates the quotes of runners. */
  readonly quoteKey: string;
  readonly cvms: readonly CvmState[];
  readonly provisions: readonly Provision[];
};

/** The cloud after a transition, and what came of it. */
export type Changed<T> = { readonly state: CloudState; readonly result: T };

export const DEFAULT_TIMINGS = {
  /** From creation to the first answer. */
  bootMs: 1500,
  updateOldServesMs: 500,
  updateDownMs: 400,
  updateBootMs: 800,
  /** How long a CVM that is being deleted is still reported. */
  deletionMs: 0,
};

export type SandboxTimings = Readonly<typeof DEFAULT_TIMINGS>;
