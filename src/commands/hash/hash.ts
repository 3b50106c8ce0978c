/** `tee-cluster hash`: the runners' compose hash without deploying one. Takes no lock, changes nothing. */
import { CVM_INPUTS } from "../../core/settings.ts";
import { readComposeText } from "../../compose/compose-file.ts";
import { AGAIN, command, hint } from "../../core/command-hint.ts";
import { temporaryRunnerName } from "../../core/domain.ts";
import type { Code } from "../../errors/catalogue.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { haveWallet, runnerEnvironmentNames } from "../../compose/environment.ts";
import { inputDefinition } from "../../inputs/table.ts";
import { known as knownValue, pickValues } from "../../inputs/values.ts";
import { isSameApi } from "../../core/api-hosts.ts";
import { readKnownHashes, type KnownHashes } from "../../state/known-hashes.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { FlagValues } from "../shared/flags.ts";
import type { HASH_FLAGS } from "./command.ts";
import { assertRecordedCluster } from "../shared/find-cluster.ts";
import { explainHash } from "./explanation.ts";
import {
  predictHash,
  type PredictedHash,
  lookUpLiveRunner,
  type LiveLookup,
} from "./prediction.ts";
import { HASH_INPUTS, type HashSettings, type HashWork } from "./work.ts";
import { prepareOffline } from "../../session/offline-preparation.ts";
import { prepare } from "../../session/preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import type { DryRunResult } from "../shared/result.ts";
import type { HashExplanation, HashExport, HashResult } from "./result.ts";

type HashRun = CommandRun<FlagValues<typeof HASH_FLAGS>>;

/** @throws ClusterError (verification) where nothing is known to predict from. */
export async function hash(
  run: HashRun,
): Promise<HashResult | HashExplanation | HashExport | DryRunResult> {
  const work = await begin(run);
  try {
    return await answer(work, run);
  } catch (error) {
    if (error instanceof ClusterError && NOTHING_KNOWN.has(error.code)) await assertNoTypo(work);
    throw error;
  }
}

const NOTHING_KNOWN: ReadonlySet<string> = new Set<Code>([
  "no-prediction-basis",
  "nothing-recorded",
  "hash-unknown",
]);

async function assertNoTypo({ settings, fromFile, stateDir, apiHost }: HashWork): Promise<void> {
  if (fromFile) return;
  const place = { stateDir, stateHost: apiHost };
  await assertRecordedCluster(settings.clusterName, place, { typosOnly: true });
}

async function answer(
  work: HashWork,
  run: HashRun,
): Promise<HashResult | HashExplanation | HashExport | DryRunResult> {
  const { export: exportTo, explain, exact, dryRun } = run.flags;
  if (exportTo !== undefined) {
    const { exportHashRecord } = await import("./export.ts");
    return exportHashRecord(work, exportTo, dryRun, run.redactor);
  }
  if (explain !== undefined) return explainHash(work, explain);
  const predicted = await predictHash(work, run.flags, () =>
    lookUpIfKeyed(work.settings.clusterName, run),
  );
  if (exact) await confirmByPhala(predicted, work, run);
  return { ...predicted.result, exact };
}

/**
 * @throws ClusterError (verification) `hash-differs` where Phala computes another hash, `attest-compose` where its
 *   app-compose runs code that is not trusted.
 */
async function confirmByPhala(
  predicted: PredictedHash,
  work: HashWork,
  run: HashRun,
): Promise<void> {
  const { settings, names, cvm } = work;
  const prepared = await prepare({ ...run, prompter: undefined });
  const composeText = await readComposeText(settings.runnerCompose);
  const environment = names.map((name) => ({ name, value: "" }));
  const name = temporaryRunnerName(settings.clusterName);
  const request = { name, ...cvm, composeText, environment };
  const outcome = await prepared.ports.cli.provisionCvm(request, run.signal);
  if (outcome.kind !== "ok") throw notProvisioned(outcome.message);
  const { compose_hash: hashed } = predicted.result;
  if (outcome.value.composeHash !== hashed) throw differs(outcome.value.composeHash, hashed);
  const { assertTrustedCode } = await import("./trusted-code.ts");
  await assertTrustedCode(predicted, work, prepared);
}

function notProvisioned(why: string): ClusterError {
  return new ClusterError("platform", "provisioning-failed", {
    message: `Phala did not compute the hash: ${why}`,
    hint: hint`leave --exact out, or ${AGAIN}`,
  });
}

function differs(exact: string, predicted: string): ClusterError {
  return new ClusterError("verification", "hash-differs", {
    message: `Phala computes ${exact}; predicted was ${predicted}: it builds app-composes in another way by now`,
    hint: hint`read it back from a temporary runner: ${command("rotate-hash", "--fresh")}`,
  });
}

async function begin(run: HashRun): Promise<HashWork> {
  const { record: file } = run.flags;
  const given = file === undefined ? undefined : await readGiven(file);
  const examples = given ? { clusterName: given.record.cluster } : {};
  const prepared = await prepareOffline(run, { examples, remember: !given });
  const apiHost = prepared.stateHost();
  const cluster = knownValue(prepared.resolution.values, "clusterName");
  given?.assertOf(cluster, apiHost);
  const known = given?.known ?? (await readKnownHashes(await prepared.directory(cluster), cluster));
  // As in rotate-hash: with the names of the wrong schema the hash would match no runner.
  const { resolution } = withRecordedInputs(prepared.resolution, known);
  const settings = pickValues(resolution.values, HASH_INPUTS);
  return {
    settings,
    cvm: pickValues(resolution.values, CVM_INPUTS),
    composeOrigin: resolution.origins.runnerCompose,
    names: namesOf(settings, known),
    apiHost,
    known,
    fromFile: given !== undefined,
    stateDir: knownValue(prepared.resolution.values, "stateDir"),
  };
}

/** A hash depends only on whether the wallet is set, so a pull request's job need not have its value. */
function namesOf(settings: HashSettings, { composeHashes }: KnownHashes): readonly string[] {
  const { orchestratorSchema: schema, coordinatorWallet } = settings;
  const recorded = haveWallet(composeHashes.at(-1)?.allowedEnvs ?? []) ? "as recorded" : undefined;
  return runnerEnvironmentNames({ schema, coordinatorWallet: coordinatorWallet ?? recorded });
}

/** Recorded hashes need no key, so a missing one is not an error, and is not asked for. */
async function lookUpIfKeyed(cluster: string, run: HashRun): Promise<LiveLookup | undefined> {
  const { env, emit, signal, flags } = run;
  const hasKey = inputDefinition("phalaApiKey").variables.some((name) => (env[name] ?? "") !== "");
  if (!hasKey && !flags.sandbox) return undefined;
  const { ports } = await prepare({ ...run, prompter: undefined });
  emit({ type: "note", message: "nothing is recorded here: asking Phala's API for a live runner" });
  return lookUpLiveRunner(cluster, ports.api, signal);
}

/** @throws ClusterError as `readHashRecord`. */
async function readGiven(file: string) {
  const { hashesIn, readHashRecord, recordOfAnother } = await import("../../state/hash-record.ts");
  const record = await readHashRecord(file);
  /** Another cluster's list would approve the wrong hashes; another platform adds other fields. */
  const assertOf = (cluster: string, host: string): void => {
    if (record.cluster !== cluster)
      throw recordOfAnother(file, "cluster", record.cluster, cluster, "--cluster-name");
    if (!isSameApi(record.api_host, host))
      throw recordOfAnother(file, "API", record.api_host, host, "--phala-api-url");
  };
  return { record, known: hashesIn(record, file), assertOf };
}
