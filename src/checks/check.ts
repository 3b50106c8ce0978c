/** What a check is: data with a severity and a remedy, run side by side with the others. */
import type { CheckCode } from "../errors/catalogue.ts";
import { describeFinding, type Finding as CoreFinding } from "../core/finding.ts";
import type { ClusterError } from "../errors/cluster-error.ts";
import type { InputKey } from "../inputs/table.ts";
import type { Resolution } from "../inputs/resolve.ts";
import type { PhalaQueries, ProxyRoute } from "../core/ports.ts";
import type { JournalRecord } from "../state/journal.ts";
import type { ClusterFacts } from "../session/facts.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import type { CheckResult, CheckSeverity } from "../core/events.ts";

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

/** What a check found. A check that finds several things gives each its own name and severity. */
export type Finding = {
  readonly status: "passed" | "failed" | "skipped";
  readonly detail: string;
  /** With every failure. */
  readonly remedy?: string | undefined;
  /** Absent: the check finds only one thing. */
  readonly id?: string | undefined;
  /** Absent: the check's own. */
  readonly severity?: CheckSeverity | undefined;
  /** Absent: the check's own. */
  readonly kind?: CheckResult["kind"] | undefined;
};

export type Check<F> = {
  readonly id: CheckCode;
  readonly title: string;
  readonly severity: CheckSeverity;
  /** Absent: a prerequisite. */
  readonly kind?: CheckResult["kind"];
  /** Inputs without which there is nothing to look at. */
  readonly needs?: readonly InputKey[];
  /** Ids of checks earlier in the list: what they found wrong is not said again by this one. */
  readonly after?: readonly string[];
  run(facts: F): Promise<Finding | readonly Finding[]>;
};

export const passed = (detail: string): Finding => ({ status: "passed", detail });
export const skipped = (detail: string): Finding => ({ status: "skipped", detail });
export const failed = (detail: string, remedy: string): Finding => ({
  status: "failed",
  detail,
  remedy,
});

/** A check that could not find out has failed, but nothing is in conflict for that. */
export const unclear = (detail: string, remedy: string): Finding => ({
  ...failed(detail, remedy),
  kind: "prerequisite",
});

/** What was found in a compose file, as a check says it. A note is no failure. */
export function reported(finding: CoreFinding): Finding {
  const { code, severity, remedy } = finding;
  const status = severity === "note" ? "passed" : "failed";
  return { status, id: code, severity, detail: describeFinding(finding), remedy };
}
