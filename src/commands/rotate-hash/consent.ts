/** What an operator is asked or told before a rotation does what can't be undone quietly. */
import { command, hint } from "../../core/command-hint.ts";
import { Cancellation, ClusterError, Interruption } from "../../errors/cluster-error.ts";
import type { ClusterRecord } from "../../state/record.ts";
import { isRefusal } from "../../steps/approve-compose-hash.ts";
import type { Registry } from "../../registry/registry.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import { temporaryRunnerName } from "../../core/domain.ts";
import { readPrices, renderPrice } from "../../runners/price.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import type { StepContext } from "../../workflow/step.ts";
import type { CommandRun } from "../../session/dependencies.ts";

type Asking = Pick<CommandRun, "prompter" | "flags">;
type Context = Pick<StepContext, "warn" | "note">;

/**
 * Before anything is made: cutting runners off takes a `--yes` where nobody can be asked.
 * @throws ClusterError `confirmation-needed` (input).
 */
export function assertRevocationConfirmed(
  cutOff: readonly LiveRunner[],
  { prompter, flags }: Asking,
): void {
  if (cutOff.length === 0 || flags.yes || prompter) return;
  throw new ClusterError("input", "confirmation-needed", {
    message: cutOffMessage(cutOff),
    hint: "nothing was touched; give --yes to cut them off, or leave the list option out to keep them",
  });
}

/** Names the live runners that the list cuts off; on a terminal it is asked for. @throws Cancellation on a no. */
export async function confirmCutOff(
  cutOff: readonly LiveRunner[],
  { prompter, flags }: Asking,
  context: Context,
): Promise<void> {
  if (cutOff.length === 0) return;
  context.warn("runners-cut-off", cutOffMessage(cutOff));
  if (flags.yes || !prompter) return;
  if (!(await prompter.confirm({ message: "Cut these runners off?", initial: false })))
    throw new Cancellation();
}

/** A plan says what a run would ask for. */
export function warnRevoked(
  cutOff: readonly LiveRunner[],
  context: Pick<StepContext, "warn">,
): void {
  if (cutOff.length === 0) return;
  context.warn(
    "runners-cut-off",
    `${cutOffMessage(cutOff)}; the run asks first, and without a terminal takes --yes`,
  );
}

const cutOffMessage = (cutOff: readonly LiveRunner[]): string =>
  `running runners that would lose access: ${cutOff.map(({ cvm }) => cvm.name).join(", ")}`;

/** On a terminal nothing that costs money is made unasked. @throws Cancellation on a no. */
export async function confirmTemporaryRunner(
  { api, cluster, signal }: ClusterFacts,
  { prompter, flags }: Asking,
): Promise<void> {
  if (flags.yes || !prompter) return;
  const { clusterName, instanceType } = cluster;
  const rate = (await readPrices(api, signal)).get(instanceType);
  const price = rate === undefined ? instanceType : `${instanceType}, ${renderPrice(rate)}`;
  const message = `Deploy ${temporaryRunnerName(clusterName)} (${price}, deleted by this run) to read the new hash?`;
  if (!(await prompter.confirm({ message, initial: true }))) throw new Cancellation();
}

/** Says that a restart stops the registry's models; on a terminal it is asked for. */
export async function confirmRestart(
  registry: Registry,
  { prompter, flags }: Asking,
  context: Context,
): Promise<void> {
  context.note(
    `${registry.name} is updated and restarts: the models on it stop until it is healthy again`,
  );
  if (flags.yes || !prompter) return;
  if (!(await prompter.confirm({ message: `Restart ${registry.name} now?`, initial: true })))
    throw new Cancellation();
}

/** The orchestrator looks for its CVMs only at its start, and may have met the registry or a temporary runner half-way. */
export function noteOrchestrator({ name }: Registry, context: Pick<StepContext, "note">): void {
  context.note(
    `${name} was restarted: an orchestrator that was started meanwhile may have found none of its CVMs, or the wrong one as registry; restart it`,
  );
}

/** Runs steps 8 and 9; where they fail, the failure also says how to go back. */
export async function withWayBack<T>(
  record: ClusterRecord,
  registry: Registry,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const ended = error instanceof Interruption || error instanceof Cancellation;
    const failed = error instanceof ClusterError && !ended && !isRefusal(error);
    const hasBefore = record.approvals.some(
      ({ appId, verified }) => verified && appId === registry.appId,
    );
    if (!failed || !hasBefore) throw error;
    const { kind, code, said: message, step, cause } = error;
    const before = error.advice === undefined ? "" : hint`${error.advice}\n`;
    const back = hint`${before}to go back to the list before: ${command("rotate-hash", "--rollback")}`;
    throw new ClusterError(kind, code, { message, hint: back, step, cause });
  }
}
