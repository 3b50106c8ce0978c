/** `hash`, `hash --check`: the compose hash that the local runner compose file will have, and whether it is approved. */
import { parseCompose, readComposeText } from "../../compose/compose-file.ts";
import {
  predictAppCompose,
  type PredictionBasis,
  findPredictionBasis,
  type LiveAppCompose,
} from "../../app-compose/predict.ts";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import { command, hint, type Words } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { isApproved, type KnownHashes } from "../../state/known-hashes.ts";
import type { Warning } from "../../core/events.ts";
import { diffAppCompose } from "./diff.ts";
import type { HashWork } from "./work.ts";
import type { HashResult } from "./result.ts";
import type { CloudApi } from "../../core/ports.ts";
import { checkedRunner, newestFirst, runnersThatAreUp } from "../../runners/running-runners.ts";

export type PredictedHash = { readonly result: HashResult; readonly appCompose: AppCompose };

/**
 * @param lookUp called only where nothing is recorded; returns undefined without a key.
 * @throws ClusterError `no-prediction-basis` (verification) where nothing is known to predict from.
 */
export async function predictHash(
  work: HashWork,
  { check, strict }: { readonly check: boolean; readonly strict: boolean },
  lookUp: () => Promise<LiveLookup | undefined>,
): Promise<PredictedHash> {
  const { known, settings, names } = work;
  const text = await readComposeText(settings.runnerCompose);
  const recorded = await findPredictionBasis(known, known);
  // Recorded hashes need no network.
  const live = recorded ? undefined : await lookUp();
  const basis = recorded ?? (await findPredictionBasis(known, known, live?.runners));
  // A text that a runner runs is valid: parsing it again would take a tenth of the command's time.
  if (basis?.appCompose.docker_compose_file !== text) parseCompose(text, settings.runnerCompose);
  if (!basis) throw noBasis(work, live);
  const appCompose = predictAppCompose(basis.appCompose, text, names);
  const hash = composeHashOf(appCompose);
  const approved = isApproved(hash, known);
  const warnings = [...(live?.warnings ?? []), ...doubtsOf(known)];
  const inOrder = approved === true && !(strict && warnings.length > 0);
  const result: HashResult = {
    ok: !check || inOrder,
    command: "hash",
    action: "predict",
    cluster: settings.clusterName,
    compose_hash: hash,
    runner_compose: settings.runnerCompose,
    environment_names: names,
    basis: basisOf(basis, work),
    approved,
    approved_compose_hashes: known.approvals.at(-1)?.hashes ?? [],
    remedy: remedyFor(approved, known),
    ...diffAppCompose(appCompose, basis.appCompose),
    warnings,
  };
  return { result, appCompose };
}

function basisOf(
  { hash, source }: PredictionBasis,
  { known, fromFile }: HashWork,
): HashResult["basis"] {
  if (source.kind === "live-runner")
    return { kind: source.kind, compose_hash: hash, at: null, from: source.name };
  const kind = fromFile ? "record-file" : "recorded";
  return { kind, compose_hash: hash, at: source.at, from: known.path };
}

const TAKE_A_RECORD = hint`where init or rotate-hash has been run: ${command("hash", "--export", "FILE")}
here: ${command("hash", "--check", "--record", "FILE")}`;

function remedyFor(approved: boolean | null, { attempted }: KnownHashes): Words | null {
  if (approved === true) return null;
  return approved === false || attempted ? hint`${command("rotate-hash")}` : TAKE_A_RECORD;
}

/** Warnings where the registry may not use the newest list. */
function doubtsOf({ approvals, attempted }: KnownHashes): readonly Warning[] {
  if (attempted) {
    const message = hint`whether the registry was given its last list was never recorded; this finds out: ${command("rotate-hash")}`;
    return [{ code: "approval-unsettled", message }];
  }
  const list = approvals.at(-1);
  if (!list || list.verified) return [];
  const message = `the registry was given its newest approved list at ${list.at}, and was not seen healthy with it`;
  return [{ code: "approval-unverified", message }];
}

function noBasis({ settings, known }: HashWork, live: LiveLookup | undefined): ClusterError {
  const why = live
    ? (live.warnings[0]?.message ?? "Phala's API knows no runner of it that is up")
    : "without PHALA_API_KEY no live runner can be read";
  return new ClusterError("verification", "no-prediction-basis", {
    message: hint`unknown: no compose hash of a runner of ${settings.clusterName} is recorded in ${known.path}, and ${why}`,
    hint: TAKE_A_RECORD,
  });
}

export type LiveLookup = {
  /** One, or none. */
  readonly runners: readonly LiveAppCompose[];
  /** Skipped runners, each with the reason. */
  readonly warnings: readonly Warning[];
};

/** @throws ClusterError (platform, prerequisite) where the runners can't be listed. */
export async function lookUpLiveRunner(
  cluster: string,
  api: CloudApi,
  signal: AbortSignal,
): Promise<LiveLookup> {
  const warnings: Warning[] = [];
  const up = await runnersThatAreUp(cluster, api, signal);
  for (const cvm of await newestFirst(up, api, signal)) {
    const runner = await checkedRunner(cvm, api, signal);
    if (runner) return { runners: [{ name: cvm.name, appCompose: runner.appCompose }], warnings };
    const message = `the compose hash of ${cvm.name} (${cvm.composeHash ?? "none"}) could not be checked against its app-compose`;
    warnings.push({ code: "runner-hash-unchecked", message });
  }
  return { runners: [], warnings };
}
