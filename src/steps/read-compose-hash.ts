/**
 * Step 6: read the compose hash back, and check it before anybody approves it. The platform knows it from the
 * provisioning on, so there is no waiting for a boot that nobody needs.
 */
import type { AppCompose } from "../core/compose-hash.ts";
import { compareAppComposes } from "../app-compose/diff.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import { predictAppCompose } from "../app-compose/predict.ts";
import type { ComposeHash } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Lookup } from "../core/ports.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import type { ClusterRecord } from "../state/record.ts";
import { OLDEST_RUNNER_IN_USE_MS } from "../runners/leftovers.ts";
import { findPredictionBasis } from "../app-compose/prediction-basis.ts";
import { done, waitLimits, type Step, type StepContext } from "../workflow/step.ts";
import { pollTimes, notKnownYet, waitUntil, type PollResult } from "../workflow/wait.ts";
import { checkAppCompose, checkedHash, reportAnomalies, type Anomaly } from "../app-compose/verify.ts";
import type { TemporaryRunner } from "./deploy-temporary-runner.ts";

export type ReadComposeHashInput = {
  readonly runner: TemporaryRunner;
  readonly compose: ComposeFile;
  readonly environmentNames: readonly string[];
  readonly store: AppComposeStore;
  /** As it was before this run. */
  readonly record: ClusterRecord;
};

export const readComposeHash: Step<ReadComposeHashInput, ComposeHash> = {
  id: "read-compose-hash",
  async run(input, context) {
    const hash = await waitUntil({
      ...waitLimits(context),
      // Well within the age at which another machine takes a temporary runner for abandoned.
      timeoutMs: Math.min(context.timeoutMs, OLDEST_RUNNER_IN_USE_MS / 2),
      what: `the compose hash of ${input.runner.name}`,
      hint: `look at it with: phala cvms get ${input.runner.name} --json`,
      onPoll: context.progress,
      look: (signal) => lookAtHash(input.runner, context, signal),
    });
    const appCompose = await readAppCompose(input.runner, context);
    if (appCompose) await check(input, appCompose, hash, context);
    await context.journal.append({
      type: "compose-hash",
      hash,
      compose_digest: input.compose.digest,
      allowed_envs: [...input.environmentNames],
    });
    return done(hash, hash);
  },
};

async function lookAtHash(
  runner: TemporaryRunner,
  context: StepContext,
  signal: AbortSignal,
): Promise<PollResult<ComposeHash>> {
  const found = await context.api.findCvm(runner.vmUuid ?? runner.appId, signal);
  if (found.kind === "unknown") return notKnownYet(found);
  if (found.kind === "absent") return { kind: "not-yet", seen: "not listed yet" };
  const { composeHash } = found.value;
  if (composeHash === null || composeHash === "") return { kind: "not-yet", seen: "no compose hash yet" };
  return { kind: "there", value: checkedHash(runner.name, composeHash) };
}

/** How often the API is asked that knows the hash and not what it is of. */
const LOOKS = 5;

/** Undefined where the API has none, which is a warning, or an error with --strict. */
async function readAppCompose(
  runner: TemporaryRunner,
  context: StepContext,
): Promise<AppCompose | undefined> {
  const ask = (): Promise<Lookup<AppCompose>> =>
    context.api.appCompose(runner.vmUuid ?? runner.appId, context.signal);
  const found = await pollTimes(LOOKS, ask, ({ kind }) => kind !== "absent", context);
  if (found.kind === "present") return found.value;
  const message =
    `the hash of ${runner.name} could not be checked against its app-compose: ` +
    (found.kind === "absent" ? "the API has none" : found.reason);
  if (found.kind === "unknown" || context.strict) {
    throw new ClusterError({
      kind: "verification",
      code: "app-compose-unreadable",
      message,
      hint: "run the same command again; nothing was approved",
    });
  }
  context.warn("app-compose-unchecked", message);
  return undefined;
}

async function check(
  input: ReadComposeHashInput,
  appCompose: AppCompose,
  hash: ComposeHash,
  context: StepContext,
): Promise<void> {
  const odd = [
    ...checkAppCompose(appCompose, {
      name: input.runner.name,
      composeHash: hash,
      composeText: input.compose.text,
      environmentNames: input.environmentNames,
      knownScripts: await input.store.knownScripts(),
    }),
    ...(await departure(input, appCompose)),
  ];
  // Before anything of it is recorded: the next run would take it for checked.
  reportAnomalies(odd, context);
  await input.store.save(appCompose);
}

/** Whoever predicted this hash from the record got another one: says in which fields the platform departs from it. */
async function departure(
  { compose, environmentNames, record, store }: ReadComposeHashInput,
  real: AppCompose,
): Promise<readonly Anomaly[]> {
  const basis = await findPredictionBasis(record, store, async () => []);
  if (!basis) return [];
  const predicted = predictAppCompose(basis.appCompose, compose.text, environmentNames);
  const differences = compareAppComposes(real, predicted).map(({ message }) => message);
  if (differences.length === 0) return [];
  const message = `the platform builds app-composes in another way than for ${basis.hash}, so hashes predicted from that one were wrong: ${differences.join("; ")}`;
  return [{ code: "prediction-differed", message }];
}
