/** What a check is: data with a severity and a remedy, run side by side with the others. */
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

/** What `doctor` looks at beyond what a run needs. */
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

/** How a check came out. What fails is a finding; one that names no code or severity has the check's own. */
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
  /** Inputs without which there is nothing to look at. */
  readonly needs?: readonly InputKey[];
  /** Ids of checks earlier in the list: what they found wrong is not said again by this one. */
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

/** A check that could not find out has failed, but nothing is in conflict for that. */
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
