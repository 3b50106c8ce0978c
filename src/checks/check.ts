/** Checks as data: each with a severity and a remedy, run concurrently. */
import type { CheckCode } from "../errors/catalogue.ts";
import type { Words } from "../core/command-hint.ts";
import { describeFinding, type Finding, type Severity } from "../core/finding.ts";
import type { ClusterError } from "../errors/cluster-error.ts";
import type { InputKey } from "../inputs/table.ts";
import type { Resolution } from "../inputs/resolve.ts";
import type { PhalaQueries, ProxyRoute } from "../core/ports.ts";
import type { JournalRecord } from "../state/journal.ts";
import type { ClusterFacts } from "../session/facts.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import type { CheckResult } from "../core/events.ts";

/** Facts that only `doctor` checks. */
export type DoctorFacts = ClusterFacts & {
  /** Of all inputs, right or not. */
  readonly resolution: Resolution;
  /** What is wrong with the config file; undefined where there is none, or it was read. */
  readonly configProblem: ClusterError | undefined;
  /** The phala on PATH, which an orchestrator that is started here would run. */
  readonly pathPhala: PhalaQueries;
  readonly stateDirectory: StateDirectory;
  journal(): Promise<readonly JournalRecord[]>;
  proxyRoute(url: string): ProxyRoute;
};

/** The outcome of a check; code and severity default to those of the check. */
export type Outcome = {
  readonly status: "passed" | "failed" | "skipped";
  /** Absent: the check's own. */
  readonly kind?: CheckResult["kind"] | undefined;
} & Pick<Finding, "message"> &
  Partial<Pick<Finding, "code" | "severity" | "remedy">>;

export type Check<F> = {
  readonly id: CheckCode;
  readonly title: string;
  readonly severity: Severity;
  /** Absent: a prerequisite. */
  readonly kind?: CheckResult["kind"];
  /** Inputs that the check requires. */
  readonly needs?: readonly InputKey[];
  /** Ids of earlier checks: if one of them fails, this one is skipped. */
  readonly after?: readonly string[];
  run(facts: F): Promise<Outcome | readonly Outcome[]>;
};

export const passed = (message: string): Outcome => ({ status: "passed", message });
export const skipped = (message: string): Outcome => ({ status: "skipped", message });
export const failed = (message: string, remedy: Words): Outcome => ({
  status: "failed",
  message,
  remedy,
});

/** A check that could not be completed has failed, but is not a conflict. */
export const unclear = (message: string, remedy: Words): Outcome => ({
  ...failed(message, remedy),
  kind: "prerequisite",
});

/** What was found in a compose file, as a check says it. A note is no failure. */
export function reported(finding: Finding): Outcome {
  const { code, severity, remedy } = finding;
  const status = severity === "note" ? "passed" : "failed";
  return { status, code, severity, message: describeFinding(finding), remedy };
}
