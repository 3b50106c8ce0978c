/**
 * Whether the registry still is what was verified last: its evidence now, verified with Intel's collateral from the
 * cache. Only the evidence itself is fetched, and nothing is loaded where none was verified before.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import type { AttestationReport, AttestMode } from "../../core/attestation.ts";
import type { Cvm } from "../../core/domain.ts";
import { known } from "../../inputs/values.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import type { Gathered } from "../../trust/gather-evidence.ts";
import type { ClusterSnapshot } from "./inspect-cluster.ts";
import type { Knowledge } from "./knowledge.ts";

export type AttestationState = {
  readonly mode: AttestMode;
  /** ISO; null: never on this machine. */
  readonly verifiedAt: string | null;
  /** Of the evidence now; undefined: not checked, and `unknown` says why. */
  readonly report?: AttestationReport;
  readonly unknown?: string;
};

/** A CVM that does not answer must not delay the result. */
const GATHER_LIMIT_MS = 4000;

/** Undefined where there is no registry. */
export async function checkAttestation(
  prepared: Preparation,
  directory: StateDirectory,
  { cvms }: ClusterSnapshot,
  { record, runInProgress }: Knowledge,
): Promise<AttestationState | undefined> {
  const { cvm, health } = cvms.find(({ role }) => role === "registry") ?? {};
  if (cvm?.appId == null) return undefined;
  const registry = { ...cvm, appId: cvm.appId };
  const isVerified = existsSync(path.join(directory.path, "attestation.json"));
  const shared = isVerified ? await import("../shared/verified-before.ts") : undefined;
  const before = await shared?.readVerifiedBefore(directory, record, registry.appId);
  const mode = known(prepared.resolution.values, "attest");
  const verifiedAt = before?.since?.last.at ?? null;
  const unknown = (reason: string): AttestationState => ({ mode, verifiedAt, unknown: reason });
  if (mode === "off") return unknown("attestation is off");
  if (!shared || !before?.since) return unknown("it was never verified on this machine");
  if (runInProgress || cvm.inProgress) return unknown("an update is in progress");
  if (health?.kind !== "answered") return unknown("it does not answer");
  const gathered = await gatherInTime(registry, prepared);
  if (!gathered) return unknown(`no evidence within ${GATHER_LIMIT_MS / 1000}s`);
  const { readTrust } = await import("../../trust/read-trust.ts");
  const { resolution, sandbox, clock } = prepared;
  const { trust } = await readTrust(resolution.values.trustFile, sandbox?.trust);
  // Accepted then, perhaps by a flag that this command doesn't have.
  const acceptTcb = before.last ? [before.last.tcb_status] : [];
  const how = { mode, at: clock.now(), acceptTcb, trustScript: [] };
  return { mode, verifiedAt, report: shared.attestSince(before, gathered, trust, how) };
}

async function gatherInTime(
  registry: Cvm & { readonly appId: string },
  prepared: Preparation,
): Promise<Gathered | undefined> {
  const { gather } = await import("../shared/registry-evidence.ts");
  const limit = AbortSignal.timeout(GATHER_LIMIT_MS);
  const signal = AbortSignal.any([prepared.signal, limit]);
  try {
    return await gather(registry, { ...prepared, signal }, { cachedOnly: true });
  } catch (error) {
    if (limit.aborted && !prepared.signal.aborted) return undefined;
    throw error;
  }
}
