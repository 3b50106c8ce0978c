/** Provisionings: answers of the platform that nothing comes of until they are committed, and that expire. */
import { createHash, randomBytes } from "node:crypto";
import { composeHashOf, type AppCompose } from "./app-compose.ts";
import { appKeysOf, type KeyPair } from "./kms.ts";
import type {
  Changed,
  CloudState,
  CvmState,
  Provision,
  Provisioned,
  UpdateProvision,
} from "./model.ts";
import { Refusal } from "./refusal.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000;

export type Provisioning = {
  readonly appCompose: AppCompose;
  /** Answers another hash than the CVM has later. */
  readonly disagrees?: boolean;
  readonly now?: number;
};

export function provision(
  state: CloudState,
  request: Provisioning & { name: string; nodeId: number; instanceType: string },
  keysOf: (appId: string) => KeyPair = () => appKeysOf(randomBytes(32)),
): Changed<Provision> {
  const { name, nodeId, instanceType } = request;
  const appId = randomBytes(20).toString("hex");
  const { privateKey: kmsPrivateKey, publicKey: kmsPublicKey } = keysOf(appId);
  const app = { name, nodeId, instanceType, appId, kmsPrivateKey, kmsPublicKey };
  const result: Provision = { ...app, ...measured(request) };
  return { state: { ...state, provisions: [...state.provisions, result] }, result };
}

export function provisionUpdate(
  state: CloudState,
  cvm: CvmState,
  request: Provisioning,
): Changed<UpdateProvision> {
  const result: UpdateProvision = { vmUuid: cvm.vmUuid, ...measured(request) };
  const others = (state.updateProvisions ?? []).filter(
    (other) => other.vmUuid !== cvm.vmUuid || other.composeHash !== result.composeHash,
  );
  return { state: { ...state, updateProvisions: [...others, result] }, result };
}

/** The hash that an answer tells. */
export const announced = (made: Provisioned): string => made.announcedHash ?? made.composeHash;

/** @throws Refusal (404) where it never was, or has expired. */
export function findUpdateProvision(
  state: CloudState,
  cvm: CvmState,
  hash: string,
): UpdateProvision {
  const found = state.updateProvisions?.findLast(
    (made) => made.vmUuid === cvm.vmUuid && announced(made) === hash,
  );
  if (found) return found;
  throw new Refusal(404, { detail: "Provisioned compose file not found or expired" });
}

/** Without what has expired. */
export function withoutExpired(state: CloudState, lifeMs = WEEK_MS, now = Date.now()): CloudState {
  const isFresh = (made: { readonly provisionedAt?: number | undefined }): boolean =>
    (made.provisionedAt ?? now) + lifeMs > now;
  const { provisions, updateProvisions = [] } = state;
  if ([...provisions, ...updateProvisions].every(isFresh)) return state;
  return {
    ...state,
    provisions: provisions.filter(isFresh),
    updateProvisions: updateProvisions.filter(isFresh),
  };
}

function measured({ appCompose, disagrees, now = Date.now() }: Provisioning): Provisioned {
  const composeHash = composeHashOf(appCompose);
  const made = { appCompose, composeHash, provisionedAt: now };
  if (disagrees !== true) return made;
  return { ...made, announcedHash: createHash("sha256").update(composeHash).digest("hex") };
}
