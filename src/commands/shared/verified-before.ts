/** A registry's evidence against its last verification on this machine, and against what this machine gave it. */
import type { AttestationReport, AttestMode } from "../../core/attestation.ts";
import { ownComposeFilesOf } from "../../registry/last-known-config.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import { attestRegistry } from "../../trust/attest-registry.ts";
import type { Gathered } from "../../trust/gather-evidence.ts";
import { type Since, readLastVerified, type LastVerified } from "../../trust/last-verified.ts";
import { amendTrust } from "../../trust/read-trust.ts";
import type { Trust } from "../../trust/trust-file.ts";
import type { AttestFlags } from "./approval-flags.ts";

export type VerifiedBefore = {
  /** Of any registry of the cluster; undefined: never on this machine. */
  readonly last: LastVerified | undefined;
  /** Undefined where this very registry has not been verified. */
  readonly since: Since | undefined;
  /** As this machine has recorded it; else the API's, which then does not prove that it is the cluster's. */
  readonly appId: string;
};

/** @param shown the app_id that the API gives for the registry */
export async function readVerifiedBefore(
  directory: Pick<StateDirectory, "path">,
  record: ClusterRecord,
  shown: string,
): Promise<VerifiedBefore> {
  const last = await readLastVerified(directory.path);
  const newest = [record.registryCreations.at(-1)?.appId, record.adoptedRegistries.at(-1)];
  const ours = newest.filter((appId) => appId != null);
  const appId = ours.length === 0 || ours.includes(shown) ? shown : (ours.at(-1) ?? shown);
  // One that was created again, or taken over, is another registry.
  const isSame = last !== undefined && (last.app_id === shown || !ours.includes(shown));
  const ownComposeFiles = ownComposeFilesOf({ appId: shown }, record);
  return { last, since: isSame ? { last, ownComposeFiles } : undefined, appId };
}

/**
 * Attests the registry by its evidence now. A pre-launch script is trusted where it was before on this machine, or
 * is the first one; with `require` in neither case.
 * @param how.composeText of the local file; undefined: not compared. `at`: ms since 1970.
 */
export function attestSince(
  { last, since, appId }: VerifiedBefore,
  gathered: Gathered,
  trust: Trust,
  how: AttestFlags & {
    readonly mode: AttestMode;
    readonly at: number;
    readonly composeText?: string | undefined;
  },
): AttestationReport {
  const { mode, at, composeText, acceptTcb, trustScript } = how;
  const seenEvaluation = last?.tcb_evaluation_number ?? 0;
  const script = last?.pre_launch_script_sha256;
  const isStrict = mode === "require";
  return attestRegistry({
    ...gathered,
    trust: amendTrust(trust, { acceptTcb, trustScript, seenEvaluation }),
    expected: {
      appId: trust.registry?.app_id ?? appId,
      composeHash: trust.registry?.compose_hash,
      composeText,
      trustedScripts: new Set(isStrict || script == null ? [] : [script]),
      firstUse: !isStrict && last === undefined,
    },
    since,
    at,
  });
}
