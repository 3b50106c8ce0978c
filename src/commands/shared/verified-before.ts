/** What a registry's evidence is held against: its last verification on this machine, and what this machine gave it. */
import type { AttestMode } from "../../core/attestation.ts";
import { ownComposeFilesOf } from "../../registry/last-known-config.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { Expected } from "../../trust/attest-cvm.ts";
import { type Since, readLastVerified, type LastVerified } from "../../trust/last-verified.ts";

export type VerifiedBefore = {
  /** Of any registry of the cluster; undefined: never on this machine. */
  readonly last: LastVerified | undefined;
  /** Undefined where this very registry has not been verified. */
  readonly since: Since | undefined;
  /** As this machine has recorded it; else what the API says, which then proves nothing of whose it is. */
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
  // One that was created again, or taken over, is another one.
  const isSame = last !== undefined && (last.app_id === shown || !ours.includes(shown));
  const ownComposeFiles = ownComposeFilesOf({ appId: shown }, record);
  return { last, since: isSame ? { last, ownComposeFiles } : undefined, appId };
}

/** What is trusted of pre-launch scripts: what this machine has trusted before, the first one; with `require` neither. */
export function scriptsTrustedBefore(
  { last }: VerifiedBefore,
  mode: AttestMode,
): Pick<Expected, "trustedScripts" | "firstUse"> {
  if (mode === "require") return { trustedScripts: new Set(), firstUse: false };
  const own = last?.pre_launch_script_sha256;
  return { trustedScripts: new Set(own == null ? [] : [own]), firstUse: last === undefined };
}
