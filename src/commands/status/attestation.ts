/**
 * Whether the registry still is what was verified last: its evidence of now, verified with Intel's collateral from
 * the cache. Nothing is fetched but the evidence itself, and nothing is loaded where none was verified before.
 */
import { access } from "node:fs/promises";
import path from "node:path";
import type { AttestationReport, AttestMode } from "../../core/attestation.ts";
import type { Cvm } from "../../core/domain.ts";
import { known } from "../../inputs/values.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import type { Gathered } from "../../trust/gather-evidence.ts";
import type { VerifiedBefore } from "../shared/verified-before.ts";
import type { Knowledge } from "./knowledge.ts";
import type { ClusterLook } from "./inspect-cluster.ts";

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
  prepared: Preparation,
  directory: StateDirectory,
  { cvms }: ClusterLook,
  { record, runAtWork }: Knowledge,
): Promise<AttestationLook | undefined> {
  const { cvm, health } = cvms.find(({ role }) => role === "registry") ?? {};
  if (cvm?.appId == null) return undefined;
  const registry = { ...cvm, appId: cvm.appId };
  const before = (await wasVerified(directory))
    ? await (await verifiedBefore()).readVerifiedBefore(directory, record, registry.appId)
    : undefined;
  const mode = known(prepared.resolution.values, "attest");
  const looked = { mode, verifiedAt: before?.since?.last.at ?? null };
  const unseen = (unknown: string): AttestationLook => ({ ...looked, report: undefined, unknown });
  if (mode === "off") return unseen("attestation is off");
  if (!before?.since) return unseen("it was never verified on this machine");
  if (runAtWork || cvm.inProgress) return unseen("an update is in progress");
  if (health?.kind !== "answered") return unseen("it does not answer");
  const gathered = await gatherInTime(registry, prepared);
  if (!gathered) return unseen(`no evidence within ${PATIENCE_MS / 1000}s`);
  return { ...looked, report: await judge(gathered, before, prepared), unknown: null };
}

const wasVerified = ({ path: folder }: StateDirectory): Promise<boolean> =>
  access(path.join(folder, "attestation.json")).then(
    () => true,
    () => false,
  );

const verifiedBefore = () => import("../shared/verified-before.ts");

async function gatherInTime(
  registry: Cvm & { readonly appId: string },
  prepared: Preparation,
): Promise<Gathered | undefined> {
  const { gather } = await import("../shared/registry-evidence.ts");
  const limit = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([prepared.signal, limit]);
  try {
    return await gather(registry, { ...prepared, signal }, { cachedOnly: true });
  } catch (error) {
    if (limit.aborted && !prepared.signal.aborted) return undefined;
    throw error;
  }
}

async function judge(
  gathered: Gathered,
  before: VerifiedBefore,
  { resolution: { values }, sandbox, clock }: Preparation,
): Promise<AttestationReport> {
  const [{ attestRegistry }, { amendTrust, readTrust }, { scriptsTrustedBefore }] =
    await Promise.all([
      import("../../trust/attest-registry.ts"),
      import("../../trust/read-trust.ts"),
      verifiedBefore(),
    ]);
  const { trust } = await readTrust(values.trustFile, sandbox?.trust);
  // Accepted then by a flag, perhaps, that this command doesn't have.
  const acceptTcb = before.last ? [before.last.tcb_status] : [];
  const seenEvaluation = before.last?.tcb_evaluation_number ?? 0;
  return attestRegistry({
    ...gathered,
    trust: amendTrust(trust, { acceptTcb, trustScript: [], seenEvaluation }),
    expected: {
      appId: trust.registry?.app_id ?? before.appId,
      composeHash: trust.registry?.compose_hash,
      ...scriptsTrustedBefore(before, known(values, "attest")),
    },
    since: before.since,
    at: clock.now(),
  });
}
