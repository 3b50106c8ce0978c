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
import type { ClusterRecord } from "../../state/record.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import type { Gathered } from "../../trust/gather-evidence.ts";
import type { VerifiedBefore } from "../shared/verified-before.ts";
import { registryIn, type ClusterSnapshot } from "./inspect-cluster.ts";
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
  snapshot: ClusterSnapshot,
  { record, runInProgress }: Knowledge,
): Promise<AttestationState | undefined> {
  const registry = registryIn(snapshot);
  const appId = registry?.cvm.appId;
  if (!registry || appId == null) return undefined;
  const mode = known(prepared.resolution.values, "attest");
  const before = await verifiedBefore(directory, record, appId);
  const verifiedAt = before?.since?.last.at ?? null;
  const unknown = (reason: string): AttestationState => ({ mode, verifiedAt, unknown: reason });
  if (mode === "off") return unknown("attestation is off");
  if (!before?.since) return unknown("it was never verified on this machine");
  if (runInProgress || registry.cvm.inProgress) return unknown("an update is in progress");
  if (registry.health?.kind !== "answered") return unknown("it does not answer");
  const gathered = await gatherInTime({ ...registry.cvm, appId }, prepared);
  if (!gathered) return unknown(`no evidence within ${GATHER_LIMIT_MS / 1000}s`);
  return { mode, verifiedAt, report: await attestNow(before, gathered, mode, prepared) };
}

async function verifiedBefore(
  directory: StateDirectory,
  record: ClusterRecord,
  appId: string,
): Promise<VerifiedBefore | undefined> {
  if (!existsSync(path.join(directory.path, "attestation.json"))) return undefined;
  const { readVerifiedBefore } = await import("../shared/verified-before.ts");
  return readVerifiedBefore(directory, record, appId);
}

async function attestNow(
  before: VerifiedBefore,
  gathered: Gathered,
  mode: AttestMode,
  { resolution, sandbox, clock }: Preparation,
): Promise<AttestationReport> {
  const [{ attestSince }, { readTrust }] = await Promise.all([
    import("../shared/verified-before.ts"),
    import("../../trust/read-trust.ts"),
  ]);
  const { trust } = await readTrust(resolution.values.trustFile, sandbox?.trust);
  // Accepted then, perhaps by a flag that this command doesn't have.
  const acceptTcb = before.last ? [before.last.tcb_status] : [];
  return attestSince(before, gathered, trust, {
    mode,
    at: clock.now(),
    acceptTcb,
    trustScript: [],
  });
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
