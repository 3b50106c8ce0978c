/** `tee-cluster hash`: what is known of the runners' compose hash without deploying one. Takes no lock, changes nothing. */
import { runnerEnvironmentNames } from "../compose/environment.ts";
import { ClusterError } from "../errors.ts";
import type { ClusterSettings } from "../inputs/types.ts";
import { toClusterSettings } from "../inputs/values.ts";
import { hashesIn, readHashRecord, type HashRecord } from "../state/hash-record.ts";
import { recordedHashes, type KnownHashes } from "../state/known-hashes.ts";
import { stateDirectoryOf } from "../state/state-directory.ts";
import type { CommandDependencies, CommonFlags } from "./dependencies.ts";
import { explainHash } from "./hash-explanation.ts";
import { exportHashRecord } from "./hash-export.ts";
import { predictHash } from "./hash-prediction.ts";
import { prepareLocally, type LocalPreparation } from "./preparation.ts";
import type { DryRunResult, HashExplanation, HashExport, HashResult } from "./results.ts";

export type HashRequest = {
  /** Whether a hash that is not approved is a failure. */
  readonly check: boolean;
  /** A hash record to go by, instead of what this machine recorded. */
  readonly record: string | undefined;
  /** Where to write this machine's hash record. */
  readonly exportTo: string | undefined;
  /** A recorded hash, or how it begins. */
  readonly explain: string | undefined;
};

export type HashWork = {
  readonly local: LocalPreparation;
  readonly settings: ClusterSettings;
  /** Environment names of the runners, in order. */
  readonly names: readonly string[];
  readonly known: KnownHashes;
  readonly fromFile: boolean;
};

/** @throws ClusterError (verification) where nothing is known that an answer could rest on. */
export async function hash(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  request: HashRequest,
): Promise<HashResult | HashExplanation | HashExport | DryRunResult> {
  const work = await begin(dependencies, flags, request.record);
  const { exportTo, explain, check } = request;
  if (exportTo !== undefined) return exportHashRecord(work, exportTo, flags.dryRun, dependencies.redactor);
  if (explain !== undefined) return explainHash(work, explain);
  return predictHash(work, { check, strict: flags.strict }, dependencies);
}

async function begin(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  file: string | undefined,
): Promise<HashWork> {
  const record = file === undefined ? undefined : await readHashRecord(file);
  const examples = record ? { clusterName: record.cluster } : {};
  const local = await prepareLocally(dependencies, flags, ["connection", "cluster"], examples);
  const settings = toClusterSettings(local.resolution.values);
  const { clusterName: cluster, orchestratorSchema: schema, coordinatorWallet } = settings;
  const names = runnerEnvironmentNames({ schema, coordinatorWallet });
  if (record && file !== undefined) {
    refuseOther(record, { file, cluster, host: local.stateHost });
    return { local, settings, names, known: hashesIn(record, file), fromFile: true };
  }
  const directory = stateDirectoryOf(local.stateDir, local.stateHost, cluster);
  return { local, settings, names, known: await recordedHashes(directory, cluster), fromFile: false };
}

/** Another cluster's list would approve the wrong hashes, another platform adds other fields. */
function refuseOther(
  record: HashRecord,
  here: { readonly file: string; readonly cluster: string; readonly host: string },
): void {
  const pairs = [
    ["cluster", record.cluster, here.cluster, "--cluster-name"],
    ["API", record.api_host, here.host, "--phala-api-url"],
  ] as const;
  for (const [what, recorded, given, flag] of pairs) {
    if (recorded === given) continue;
    throw new ClusterError({
      kind: "input",
      code: "hash-record-of-another",
      message: `${here.file} is of the ${what} ${recorded}, this run is about ${given}`,
      hint: `give the record of ${given}, or the ${flag} of ${recorded}`,
    });
  }
}
