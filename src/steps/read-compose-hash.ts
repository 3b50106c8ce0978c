/**
 * Step 6: read the compose hash back, and check it before anybody approves it. The platform knows it from the
 * provisioning on, so there is no waiting for a boot that nobody needs.
 */
import { AGAIN, hint, phala } from "../core/command-hint.ts";
import type { AppCompose } from "../core/compose-hash.ts";
import { compareAppComposes } from "../app-compose/diff.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import { predictAppCompose, findPredictionBasis } from "../app-compose/predict.ts";
import type { ComposeHash } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Lookup } from "../core/ports.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import type { ClusterRecord } from "../state/record.ts";
import type { Attester } from "../registry/attester.ts";
import { OLDEST_RUNNER_IN_USE_MS } from "../runners/leftovers.ts";
import { done, type Step, type StepContext } from "../workflow/step.ts";
import { notKnownYet, pollTimes, waitUntil, within, type PollResult } from "../workflow/wait.ts";
import {
  checkAppCompose,
  checkedHash,
  reportAnomalies,
  type Anomaly,
} from "../app-compose/verify.ts";
import type { TemporaryRunner } from "./deploy-temporary-runner.ts";

export type ReadComposeHashInput = {
  readonly runner: TemporaryRunner;
  readonly compose: ComposeFile;
  readonly environmentNames: readonly string[];
  readonly store: AppComposeStore;
  /** As it was before this run. */
  readonly record: ClusterRecord;
  /** The operator approves a hash whose app-compose nobody could read. */
  readonly allowUnchecked: boolean;
  /** Absent with `--attest off`. */
  readonly attester?: Attester | undefined;
};

export const readComposeHash: Step<ReadComposeHashInput, ComposeHash> = {
  id: "read-compose-hash",
  async run(input, context) {
    // Well below the age at which another machine treats a temporary runner as abandoned.
    const timeoutMs = Math.min(context.timeoutMs, OLDEST_RUNNER_IN_USE_MS / 2);
    const hash = await waitUntil(
      { ...context, timeoutMs },
      {
        what: `the compose hash of ${input.runner.name}`,
        hint: hint`look at it with: ${phala("cvms", "get", input.runner.name, "--json")}`,
        look: hashPoll(input.runner, context),
      },
    );
    const appCompose = await readAppCompose(input, hash, context);
    if (appCompose) await check(input, appCompose, hash, context);
    await context.journal.append({
      type: "compose-hash",
      hash,
      compose_digest: input.compose.digest,
      allowed_envs: [...input.environmentNames],
      ...(appCompose ? {} : { unchecked: true }),
    });
    return done(hash, hash);
  },
};

/** A CVM that was just created may be missing from every look-up for a while. */
const VISIBLE_WITHIN_MS = 60_000;

/** Polls for the hash. A runner that was visible, or should be by now, and is absent was deleted by somebody. */
function hashPoll(
  runner: TemporaryRunner,
  { api, clock }: StepContext,
): (signal: AbortSignal) => Promise<PollResult<ComposeHash>> {
  const since = clock.monotonic();
  let wasSeen = false;
  return async (signal) => {
    const found = await api.findCvm(runner.vmUuid ?? runner.appId, signal);
    if (found.kind === "unknown") return notKnownYet(found);
    if (found.kind === "absent") {
      if (wasSeen || clock.monotonic() - since >= VISIBLE_WITHIN_MS) throw runnerGone(runner);
      return { kind: "not-yet", seen: "not listed yet" };
    }
    wasSeen = true;
    const { composeHash } = found.value;
    if (composeHash === null || composeHash === "")
      return { kind: "not-yet", seen: "no compose hash yet" };
    return { kind: "there", value: checkedHash(runner.name, composeHash) };
  };
}

function runnerGone({ name, appId }: TemporaryRunner): ClusterError {
  return new ClusterError("platform", "temporary-runner-gone", {
    message: `${name} (app_id ${appId}) is gone: somebody deleted it before its compose hash could be read`,
    hint: hint`nothing was approved; ${AGAIN}`,
  });
}

/** How often the API is asked for the app-compose of a hash that it has given. */
const LOOKS = 5;
/** File and measured text, with their retries, take longer where the network is down. */
const ANSWER_LIMIT_MS = 30_000;

const unknown = (reason: string): Lookup<never> => ({ kind: "unknown", reason });

/**
 * The app-compose of the hash: what would get the keys.
 * @returns undefined only where the operator allows that.
 */
async function readAppCompose(
  { runner, allowUnchecked }: ReadComposeHashInput,
  hash: ComposeHash,
  context: StepContext,
): Promise<AppCompose | undefined> {
  const id = runner.vmUuid ?? runner.appId;
  const read = (signal: AbortSignal): Promise<Lookup<AppCompose>> =>
    context.api.appCompose(id, signal, hash);
  const ask = (): Promise<Lookup<AppCompose>> => within(ANSWER_LIMIT_MS, read, unknown, context);
  const found = await pollTimes(LOOKS, ask, ({ kind }) => kind === "present", context);
  if (found.kind === "present") return found.value;
  // Deleted since its hash was read: then that is the reason, and no flag helps.
  const { kind } = await context.api.findCvm(id, context.signal);
  if (kind === "absent") throw runnerGone(runner);
  const why = found.kind === "absent" ? "Phala's API has none" : found.reason;
  const message = `the hash of ${runner.name} could not be checked against its app-compose: ${why}`;
  if (!allowUnchecked || context.strict)
    throw new ClusterError("verification", "app-compose-unchecked", {
      message,
      hint: hint`nothing was approved; ${AGAIN}; an unchecked hash is approved only with --allow-unchecked-hash`,
    });
  context.warn("app-compose-unchecked", `${message}; approved anyway (--allow-unchecked-hash)`);
  return undefined;
}

async function check(
  input: ReadComposeHashInput,
  appCompose: AppCompose,
  hash: ComposeHash,
  context: StepContext,
): Promise<void> {
  const anomalies = [
    ...checkAppCompose(appCompose, {
      name: input.runner.name,
      composeHash: hash,
      composeText: input.compose.text,
      environmentNames: input.environmentNames,
      knownScripts: await input.store.knownScripts(),
    }),
    ...(await departure(input, appCompose)),
  ];
  input.attester?.assertTrustedCode(appCompose, input.runner.name, context);
  // Before any of it is recorded: the next run would treat it as checked.
  reportAnomalies(anomalies, context);
  await input.store.save(appCompose);
}

/** Predictions of this hash from the record were wrong: reports in which fields the platform differs. */
async function departure(
  { compose, environmentNames, record, store }: ReadComposeHashInput,
  real: AppCompose,
): Promise<readonly Anomaly[]> {
  const basis = await findPredictionBasis(record, store);
  if (!basis) return [];
  const predicted = predictAppCompose(basis.appCompose, compose.text, environmentNames);
  const differences = compareAppComposes(real, predicted).map(({ message }) => message);
  if (differences.length === 0) return [];
  const message = `the platform builds app-composes in another way than for ${basis.hash}, so hashes predicted from that one were wrong: ${differences.join("; ")}`;
  return [{ code: "prediction-differed", message }];
}
