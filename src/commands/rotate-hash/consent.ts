/** What an operator is asked or told before a rotation does what can't be undone quietly. */
import { command, hint } from "../../core/command-hint.ts";
import { temporaryRunnerName } from "../../core/domain.ts";
import { Cancellation, ClusterError, Interruption } from "../../errors/cluster-error.ts";
import type { Registry } from "../../registry/registry.ts";
import { readPrices, renderPrice } from "../../runners/price.ts";
import type { LiveRunner } from "../../runners/running-runners.ts";
import type { ClusterFacts } from "../../session/facts.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { ClusterRecord } from "../../state/record.ts";
import { isRefusal } from "../../steps/approve-compose-hash.ts";
import type { StepContext } from "../../workflow/step.ts";
import { noteRestart } from "../shared/approval.ts";

type Asking = Pick<CommandRun, "prompter" | "flags">;
type Context = Pick<StepContext, "warn" | "note">;

/** Asks on a terminal, unless `--yes` was given. @throws Cancellation on a no. */
async function confirm(
  { prompter, flags }: Asking,
  message: string | (() => Promise<string>),
  initial: boolean,
): Promise<void> {
  if (flags.yes || !prompter) return;
  const question = typeof message === "string" ? message : await message();
  if (!(await prompter.confirm({ message: question, initial }))) throw new Cancellation();
}

/**
 * Before anything is made: revoking running runners takes a `--yes` where nobody can be asked.
 * @throws ClusterError `confirmation-needed` (input).
 */
export function assertRevocationConfirmed(
  losingAccess: readonly LiveRunner[],
  { prompter, flags }: Asking,
): void {
  if (losingAccess.length === 0 || flags.yes || prompter) return;
  throw new ClusterError("input", "confirmation-needed", {
    message: revocationMessage(losingAccess),
    hint: "nothing was touched; give --yes to revoke their access, or leave the list option out to keep them",
  });
}

/** Names the running runners that lose access with the list, and asks. */
export async function confirmRevocation(
  losingAccess: readonly LiveRunner[],
  asking: Asking,
  context: Context,
): Promise<void> {
  if (losingAccess.length === 0) return;
  context.warn("runners-cut-off", revocationMessage(losingAccess));
  await confirm(asking, "Revoke the access of these runners?", false);
}

/** The same for a plan: what a run would ask. */
export function warnRevoked(
  losingAccess: readonly LiveRunner[],
  context: Pick<StepContext, "warn">,
): void {
  if (losingAccess.length === 0) return;
  context.warn(
    "runners-cut-off",
    `${revocationMessage(losingAccess)}; the run asks first, and without a terminal takes --yes`,
  );
}

const revocationMessage = (losingAccess: readonly LiveRunner[]): string =>
  `running runners that would lose access: ${losingAccess.map(({ cvm }) => cvm.name).join(", ")}`;

/** On a terminal nothing that costs money is made unasked. */
export function confirmTemporaryRunner(
  { api, cluster, signal }: ClusterFacts,
  asking: Asking,
): Promise<void> {
  const question = async (): Promise<string> => {
    const { clusterName, instanceType } = cluster;
    const rate = (await readPrices(api, signal)).get(instanceType);
    const price = rate === undefined ? instanceType : `${instanceType}, ${renderPrice(rate)}`;
    return `Deploy ${temporaryRunnerName(clusterName)} (${price}, deleted by this run) to read the new hash?`;
  };
  return confirm(asking, question, true);
}

/** A restart stops the registry's models. */
export async function confirmRestart(
  registry: Registry,
  asking: Asking,
  context: Context,
): Promise<void> {
  noteRestart(registry, context);
  await confirm(asking, `Restart ${registry.name} now?`, true);
}

/** The orchestrator looks for its CVMs only when it starts, so it may have found the registry half-way. */
export function noteOrchestrator({ name }: Registry, context: Pick<StepContext, "note">): void {
  context.note(
    `${name} was restarted: an orchestrator that was started meanwhile may have found none of its CVMs, or the wrong one as registry; restart it`,
  );
}

/** Runs steps 8 and 9; the hint of a failure also names the rollback. */
export async function withRollbackHint<T>(
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
