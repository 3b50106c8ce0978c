/**
 * Whether the registry still is what was verified last: its evidence of now, verified with Intel's collateral from
 * the cache. Nothing is fetched but the evidence itself, and nothing is loaded where none was verified before.
 */
import type { AttestationReport, AttestMode } from "../../core/attestation.ts";
import type { Gathered } from "../../trust/gather-evidence.ts";
import type { VerifiedBefore } from "../shared/verified-before.ts";
import type { Knowledge } from "./knowledge.ts";
import type { ClusterLook, SeenCvm } from "./inspect-cluster.ts";

/** How the evidence is read and judged; made by `status.ts` of the connection. */
export type AttestationSight = {
  readonly mode: AttestMode;
  /** Undefined: nothing was verified on this machine. */
  readonly before: (appId: string, knowledge: Knowledge) => Promise<VerifiedBefore | undefined>;
  readonly gather: (registry: SeenCvm, signal: AbortSignal) => Promise<Gathered>;
  readonly judge: (gathered: Gathered, before: VerifiedBefore) => Promise<AttestationReport>;
  readonly signal: AbortSignal;
};

export type AttestationLook = {
  readonly mode: AttestMode;
  /** ISO; null: never on this machine. */
  readonly verifiedAt: string | null;
  /** Of now; undefined: not looked at, and `unknown` says why. */
  readonly report: AttestationReport | undefined;
  readonly unknown: string | null;
};

/** A CVM that does not answer must not hold the answer up. */
const PATIENCE_MS = 4000;

/** Undefined where there is no registry. */
export async function lookAtAttestation(
  sight: AttestationSight,
  { cvms }: ClusterLook,
  knowledge: Knowledge,
): Promise<AttestationLook | undefined> {
  const registry = cvms.find(({ role }) => role === "registry");
  const appId = registry?.cvm.appId;
  if (!registry || appId == null) return undefined;
  const before = await sight.before(appId, knowledge);
  const verifiedAt = before?.since?.last.at ?? null;
  const { mode } = sight;
  const known = { mode, verifiedAt };
  const unseen = (unknown: string): AttestationLook => ({ ...known, report: undefined, unknown });
  if (mode === "off") return unseen("attestation is off");
  if (!before?.since) return unseen("it was never verified on this machine");
  if (knowledge.runAtWork || registry.cvm.inProgress) return unseen("an update is in progress");
  if (registry.health?.kind !== "answered") return unseen("it does not answer");
  const gathered = await gatherInTime(sight, registry);
  if (!gathered) return unseen(`no evidence within ${PATIENCE_MS / 1000}s`);
  return { ...known, report: await sight.judge(gathered, before), unknown: null };
}

async function gatherInTime(
  { gather, signal }: AttestationSight,
  registry: SeenCvm,
): Promise<Gathered | undefined> {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await gather(registry, AbortSignal.any([signal, limit]));
  } catch (error) {
    if (limit.aborted && !signal.aborted) return undefined;
    throw error;
  }
}
