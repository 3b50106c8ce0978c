/** `tee-cluster verify`: attests the registry of a cluster. Reads only, but for the record of what was verified. */
import { readFile } from "node:fs/promises";
import { known } from "../../inputs/values.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { Preparation } from "../../session/preparation.ts";
import { readClusterRecord } from "../../state/verified-state.ts";
import { recordVerified } from "../../trust/last-verified.ts";
import { readRegistryEvidence } from "../shared/registry-evidence.ts";
import { attestSince, readVerifiedBefore } from "../shared/verified-before.ts";
import { saveEvidence } from "./evidence-files.ts";
import type { VerifyFlags } from "./command.ts";
import { resultOf } from "./report.ts";
import type { VerifyResult } from "./result.ts";

export async function verifyCluster(run: CommandRun<VerifyFlags>): Promise<VerifyResult> {
  const { prepared, cluster, registry, gathered, trust } = await readRegistryEvidence(
    run,
    "verify",
  );
  const { values } = prepared.resolution;
  const directory = await directoryOf(prepared, cluster);
  const record = await readClusterRecord(directory, cluster);
  const before = await readVerifiedBefore(directory, record, registry.appId);
  const mode = known(values, "attest");
  const { saveEvidence: saveTo, acceptTcb, trustScript } = run.flags;
  const at = run.clock.now();
  const composeText = await readComposeText(prepared);
  const how = { mode, at, composeText, acceptTcb, trustScript };
  const attestation = attestSince(before, gathered, trust.trust, how);
  const saved =
    saveTo === undefined ? [] : await saveEvidence(saveTo, gathered.evidence, gathered.collateral);
  const { facts, result } = attestation;
  if (facts && result !== "none") await recordVerified(directory.path, facts, at);
  return resultOf(mode, registry.name, {
    cluster,
    registry: { name: registry.name, app_id: registry.appId },
    at: new Date(at).toISOString(),
    attestation,
    trust_file: trust.file,
    saved,
  });
}

/** Of the local file, where there is one. */
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
