/** Runs a list of checks side by side and reports each; a check that can't tell has failed. */
import { ClusterError, messageOf } from "../errors.ts";
import type { CheckResult } from "../workflow/events.ts";
import type { Check, Finding } from "./check.ts";

export type CheckOutcome = CheckResult & { readonly kind: "prerequisite" | "conflict" | "input" };

/** Results in the list's order, however long each took. Throws only when interrupted. */
export async function runChecks<F extends { readonly signal: AbortSignal }>(
  checks: readonly Check<F>[],
  facts: F,
  onFinished: (result: CheckResult) => void,
): Promise<readonly CheckOutcome[]> {
  const all = await Promise.all(
    checks.map(async (check) => {
      const results = await runOne(check, facts);
      for (const { kind: _, ...result } of results) onFinished(result);
      return results;
    }),
  );
  return all.flat();
}

async function runOne<F extends { readonly signal: AbortSignal }>(
  check: Check<F>,
  facts: F,
): Promise<CheckOutcome[]> {
  const findings = await findingsOf(check, facts);
  return findings.map((finding) => ({
    id: check.id,
    title: check.title,
    severity: check.severity,
    kind: check.kind ?? "prerequisite",
    status: finding.status,
    detail: finding.detail,
    remedy: finding.status === "failed" ? finding.remedy : undefined,
  }));
}

async function findingsOf<F extends { readonly signal: AbortSignal }>(
  check: Check<F>,
  facts: F,
): Promise<readonly Finding[]> {
  try {
    const found = await check.run(facts);
    return Array.isArray(found) ? (found as readonly Finding[]) : [found as Finding];
  } catch (error) {
    facts.signal.throwIfAborted();
    const remedy = error instanceof ClusterError ? (error.hint ?? "") : "try again in a moment";
    return [{ status: "failed", detail: messageOf(error), remedy }];
  }
}

/** @throws ClusterError with all failures: `prerequisites-failed` (3), or a conflict (6) where that is all. */
export function refuseFailures(outcomes: readonly CheckOutcome[], strict: boolean): void {
  const failures = outcomes.filter((o) => o.status === "failed" && (o.severity === "error" || strict));
  const [first] = failures;
  if (!first) return;
  const conflictsOnly = failures.every((failure) => failure.kind === "conflict");
  throw new ClusterError({
    kind: conflictsOnly ? "conflict" : "prerequisite",
    code: failures.length === 1 ? first.id : "prerequisites-failed",
    message: [...new Set(failures.map((failure) => `${failure.title}: ${failure.detail}`))].join("\n"),
    hint: [...new Set(failures.flatMap((failure) => failure.remedy ?? []))].join("\n"),
  });
}
