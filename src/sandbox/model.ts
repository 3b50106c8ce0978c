/** The cloud's state, as stored on disk. Times are ms since the epoch. */
import type { AppCompose } from "./app-compose.ts";

/** What a CVM runs between two updates. */
export type Generation = {
  readonly appCompose: AppCompose;
  readonly composeHash: string;
  /** Hex of ephemeral public key, IV and AES-256-GCM ciphertext. Plain values are never stored. */
  readonly encryptedEnv: string | null;
  /** Why its containers don't start; absent: they do. */
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
  /** How it ends; absent: `completed`, or `failed` if the boot fails. */
  readonly outcome?: OperationOutcome | undefined;
};

/** An outcome set by a fault. If it is not applied, the CVM does not change. */
export type OperationOutcome = {
  /** A status of the API; `never`: it stays in progress; `missing`: it is in no list. */
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
  /** Before this time it is not visible under any id; absent: at once. */
  readonly existsAt?: number | undefined;
  /** Before this time it is not in lists or found by name; absent: at once. */
  readonly visibleAt?: number | undefined;
  /** When its deletion is complete, which may be in the future. */
  readonly deletedAt: number | null;
  /** The KMS's key pair for this app: raw X25519, hex. */
  readonly kmsPrivateKey: string;
  readonly kmsPublicKey: string;
  readonly current: Generation;
  readonly previous: Generation | null;
  /** Newest last. */
  readonly operations: readonly Operation[];
  /** Hashes pushed to the running registry; lost when its instance ends. */
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

/** The cloud after a transition, and the transition's result. */
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
