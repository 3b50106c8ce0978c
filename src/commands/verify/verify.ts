/** `tee-cluster verify`: attests the registry of a cluster. Reads only, but for the record of what was verified. */
import { readFile } from "node:fs/promises";
import { known } from "../../inputs/values.ts";
import { directoryOf, readRecord } from "../../session/cluster-session.ts";
import type { CommandDependencies, CommonFlags } from "../../session/dependencies.ts";
import type { Preparation } from "../../session/preparation.ts";
import { attestRegistry } from "../../trust/attest-registry.ts";
import type { Expected } from "../../trust/attest-cvm.ts";
import { amendTrust, type Amendment } from "../../trust/amend.ts";
import { readLastVerified, recordVerified } from "../../trust/last-verified.ts";
import { readRegistryEvidence } from "../shared/registry-evidence.ts";
import { saveEvidence } from "./evidence-files.ts";
import { answerOf } from "./report.ts";
import type { VerifyResult } from "./result.ts";

export type VerifyOptions = Omit<Amendment, "seenEvaluation"> & {
  readonly saveEvidence: string | undefined;
};

export async function verifyCluster(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const { prepared, cluster, registry, gathered, trust } = await readRegistryEvidence(
    dependencies,
    flags,
    "verify",
  );
  const { values } = prepared.resolution;
  const { path: directory } = await directoryOf(prepared, cluster);
  const last = await readLastVerified(directory);
  const mode = known(values, "attest");
  const trusted = last?.pre_launch_script_sha256;
  const expected: Expected = {
    appId: trust.trust.registry?.app_id ?? (await expectedAppId(registry.appId, prepared, cluster)),
    composeHash: trust.trust.registry?.compose_hash,
    composeText: await readComposeText(prepared),
    trustedScripts: new Set(trusted == null ? [] : [trusted]),
    firstUse: mode !== "require" && last === undefined,
  };
  const amended = amendTrust(trust.trust, {
    ...options,
    seenEvaluation: last?.tcb_evaluation_number ?? 0,
  });
  const { saveEvidence: saveTo } = options;
  const at = dependencies.clock.now();
  const attestation = attestRegistry({
    ...gathered,
    trust: amended,
    expected,
    lastVerified: last,
    at,
  });
  const saved =
    saveTo === undefined ? [] : await saveEvidence(saveTo, gathered.evidence, gathered.collateral);
  const { facts, result } = attestation;
  if (facts && result !== "none")
    await recordVerified(directory, { ...facts, at: new Date(at).toISOString() });
  return answerOf(mode, registry.name, {
    cluster,
    registry: { name: registry.name, app_id: registry.appId },
    at: new Date(at).toISOString(),
    attestation,
    trust_file: trust.file,
    saved,
  });
}

/** As this machine has recorded it; else what the API says, which then proves nothing of whose it is. */
async function expectedAppId(
  shown: string,
  prepared: Preparation,
  cluster: string,
): Promise<string> {
  const { registryCreations, adoptedRegistries } = await readRecord(prepared, cluster);
  const created = registryCreations.flatMap(({ appId }) => appId ?? []);
  const ours = [...created, ...adoptedRegistries];
  return ours.includes(shown) ? shown : (ours.at(-1) ?? shown);
}

/** Ours, where it is here. */
async function readComposeText({ resolution }: Preparation): Promise<string | undefined> {
  const { values, origins } = resolution;
  const file = known(values, "registryCompose");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (origins.registryCompose === "default") return undefined;
    throw error;
  }
}
