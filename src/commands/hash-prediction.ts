/** `hash`, `hash --check`: the compose hash that the local runner compose file will have, and whether it is approved. */
import { readComposeFile } from "../compose/compose-file.ts";
import { predictAppCompose, predictComposeHash, type PredictionBasis } from "../compose/prediction.ts";
import { ClusterError } from "../errors.ts";
import type { Warning } from "../workflow/events.ts";
import { checkedRunner, runnersThatAreUp } from "../workflow/live-runners.ts";
import { findPredictionBasis, type LiveAppCompose } from "../workflow/prediction-basis.ts";
import { departureOf } from "./departure.ts";
import type { CommandDependencies } from "./dependencies.ts";
import type { HashWork } from "./hash.ts";
import type { HashResult } from "./results.ts";

/** @throws ClusterError `no-prediction-basis` (verification) where nothing is known to predict from. */
export async function predictHash(
  work: HashWork,
  { check, strict }: { readonly check: boolean; readonly strict: boolean },
  dependencies: CommandDependencies,
): Promise<HashResult> {
  const { known, settings, names } = work;
  const compose = await readComposeFile(settings.runnerCompose);
  const warnings: Warning[] = [];
  const basis = await findPredictionBasis(known, known, () => newestLiveRunner(work, dependencies, warnings));
  if (!basis) throw noBasis(work, warnings);
  const hash = predictComposeHash(basis.appCompose, compose.text, names);
  const list = known.approvals.at(-1);
  const approved = list ? list.hashes.includes(hash) : null;
  if (list && !list.verified) warnings.push(unverified(list.at));
  const inOrder = approved === true && !(strict && warnings.length > 0);
  return {
    ok: !check || inOrder,
    command: "hash",
    action: "predict",
    cluster: settings.clusterName,
    compose_hash: hash,
    runner_compose: settings.runnerCompose,
    environment_names: names,
    basis: basisOf(basis, work),
    approved,
    approved_compose_hashes: list?.hashes ?? [],
    remedy: remedyFor(approved),
    ...departureOf(predictAppCompose(basis.appCompose, compose.text, names), basis.appCompose),
    warnings,
  };
}

/** The newest runner whose app-compose hashes to what the API gives; each that does not is told. */
async function newestLiveRunner(
  { local, settings }: HashWork,
  { emit, signal }: CommandDependencies,
  warnings: Warning[],
): Promise<readonly LiveAppCompose[]> {
  const api = local.connect()?.api;
  if (!api) return [];
  emit({ type: "note", message: "nothing is recorded here: asking Phala's API for a live runner" });
  for (const cvm of await runnersThatAreUp(settings.clusterName, api, signal)) {
    const runner = await checkedRunner(cvm, api, signal);
    if (runner) return [{ name: cvm.name, appCompose: runner.appCompose }];
    const message = `the compose hash of ${cvm.name} (${cvm.composeHash ?? "none"}) could not be checked against its app-compose`;
    warnings.push({ code: "runner-hash-unchecked", message });
  }
  return [];
}

function basisOf({ hash, source }: PredictionBasis, { known, fromFile }: HashWork): HashResult["basis"] {
  if (source.kind === "live-runner") {
    return { kind: source.kind, compose_hash: hash, at: null, from: source.name };
  }
  const kind = fromFile ? "record-file" : "recorded";
  return { kind, compose_hash: hash, at: source.at, from: known.path };
}

const TAKE_A_RECORD = [
  "where init or rotate-hash has been run: tee-cluster hash --export FILE",
  "here: tee-cluster hash --check --record FILE",
].join("\n");

function remedyFor(approved: boolean | null): string | null {
  if (approved === true) return null;
  return approved === false ? "tee-cluster rotate-hash" : TAKE_A_RECORD;
}

function unverified(at: string): Warning {
  const message = `the registry was given its newest approved list at ${at}, and was not seen healthy with it`;
  return { code: "approval-unverified", message };
}

function noBasis({ settings, known, local }: HashWork, warnings: readonly Warning[]): ClusterError {
  const keyless = local.resolution.values.phalaApiKey === undefined;
  const live = keyless
    ? "without PHALA_API_KEY no live runner can be read"
    : (warnings[0]?.message ?? "Phala's API knows no runner of it that is up");
  return new ClusterError({
    kind: "verification",
    code: "no-prediction-basis",
    message: `unknown: no compose hash of a runner of ${settings.clusterName} is recorded in ${known.path}, and ${live}`,
    hint: TAKE_A_RECORD,
  });
}
