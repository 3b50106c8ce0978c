/** Runs checks concurrently and reports each; a check that can't be completed has failed. */
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import type { CheckResult } from "../core/events.ts";
import { joinWords, renderHint, type Words } from "../core/command-hint.ts";
import { skipped, unclear, type Check, type Outcome } from "./check.ts";

type Interruptible = { readonly signal: AbortSignal };

/** Results in the list's order, however long each took. Throws only when interrupted. */
export async function runChecks<F extends Interruptible>(
  checks: readonly Check<F>[],
  facts: F,
  onFinished: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  const runs = new Map<string, Promise<readonly CheckResult[]>>();
  for (const check of checks) {
    // One that is not in this list has passed in an earlier one.
    const before = (check.after ?? []).flatMap((id) => runs.get(id) ?? []);
    const run = runAfter(before, check, facts).then((results) => {
      for (const result of results) onFinished(result);
      return results;
    });
    runs.set(check.id, run);
  }
  return (await Promise.all(runs.values())).flat();
}

async function runAfter<F extends Interruptible>(
  before: readonly Promise<readonly CheckResult[]>[],
  check: Check<F>,
  facts: F,
): Promise<readonly CheckResult[]> {
  const broken = (await Promise.all(before))
    .flat()
    .find(({ status, severity }) => status === "failed" && severity === "error");
  const outcomes = broken ? [skipped(`needs: ${broken.title}`)] : await outcomesOf(check, facts);
  return outcomes.map((outcome) => ({
    id: check.id,
    finding: outcome.code,
    title: check.title,
    severity: outcome.severity ?? check.severity,
    kind: outcome.kind ?? check.kind ?? "prerequisite",
    status: outcome.status,
    detail: outcome.message,
    remedy: outcome.remedy,
  }));
}

async function outcomesOf<F extends Interruptible>(
  check: Check<F>,
  facts: F,
): Promise<readonly Outcome[]> {
  try {
    return [await check.run(facts)].flat();
  } catch (error) {
    facts.signal.throwIfAborted();
    const remedy = error instanceof ClusterError ? (error.advice ?? "") : "try again in a moment";
    const isRefused = error instanceof ClusterError && error.kind === "prerequisite";
    const message = isRefused ? messageOf(error) : `could not be checked: ${messageOf(error)}`;
    return [unclear(message, remedy)];
  }
}

/** Whether a result is fatal. */
export function isFailure({ status, severity }: CheckResult, strict: boolean): boolean {
  return status === "failed" && (severity === "error" || strict);
}

/** The kind of several failures: invalid inputs (exit 2) first, conflict (6) if all are, else 3. */
export function kindOfFailures(failures: readonly CheckResult[]): CheckResult["kind"] {
  if (failures.some(({ kind }) => kind === "input")) return "input";
  return failures.every(({ kind }) => kind === "conflict") ? "conflict" : "prerequisite";
}

/** @throws ClusterError with all failures: `prerequisites-failed`, or the check's id where only one failed. */
export function assertNoFailures(results: readonly CheckResult[], strict: boolean): void {
  const failures = results.filter((result) => isFailure(result, strict));
  const [first] = failures;
  if (!first) return;
  throw new ClusterError(
    kindOfFailures(failures),
    failures.length === 1 ? first.id : "prerequisites-failed",
    {
      message: linesOf(failures.map((failure) => describe(failure))),
      hint: linesOf(failures.flatMap(({ remedy }) => remedy ?? [])),
      details: failures.map((failure) => ({ message: describe(failure), remedy: failure.remedy })),
    },
  );
}

const describe = ({ title, detail }: CheckResult): string => `${title}: ${detail}`;

/** Each once, on a line of its own. */
function linesOf(all: readonly Words[]): Words {
  const distinct = new Map(all.map((words) => [renderHint(words), words]));
  return joinWords([...distinct.values()], "\n");
}
