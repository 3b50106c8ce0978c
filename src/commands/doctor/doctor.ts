/** `tee-cluster doctor`: the checks of step 1 and more, each with its remedy. */
import { ALL_CHECKS, CHECK_IDS } from "../../checks/all-checks.ts";
import { skipped, type Check, type DoctorFacts } from "../../checks/check.ts";
import { once } from "../../lib/once.ts";
import { clusterFactsOf, factsOf } from "../../session/facts.ts";
import { isFailure, runChecks } from "../../checks/run-checks.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { closest } from "../../lib/closest.ts";
import { givenInputs } from "../../inputs/resolve.ts";
import { readJournal } from "../../state/journal.ts";
import { summarizeJournal } from "../../state/record.ts";
import type { CheckResult } from "../../core/events.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { gatherInputs, type GivenInputs } from "./gather-facts.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import { stateHostOf, workspaceOf } from "../../session/preparation.ts";
import type { DoctorFlags } from "./command.ts";
import type { DoctorResult } from "./result.ts";

/** @throws ClusterError `unknown-check` (input); everything else is a result. */
export async function doctor(run: CommandRun<DoctorFlags>): Promise<DoctorResult> {
  const { emit } = run;
  const { ignore, allowDebugRegistry, strict } = run.flags;
  ignore.forEach(assertKnownCheck);
  emit({ type: "run-started", command: "doctor", headline: "Checking the prerequisites" });
  const inputs = await gatherInputs(run);
  const given = { ...inputs, cluster: { ...inputs.cluster, allowDebugRegistry } };
  const facts = await gatherFacts(given, run);
  const judge = (result: CheckResult): CheckResult =>
    [result.id, result.finding].some((id) => id !== undefined && ignore.includes(id))
      ? { ...result, status: "ignored" }
      : result;
  const results = await runChecks(withoutUnavailable(given), facts, (result) =>
    emit({ type: "check-finished", check: judge(result) }),
  );
  return answer(results.map(judge), strict);
}

function answer(checks: readonly CheckResult[], strict: boolean): DoctorResult {
  const ok = !checks.some((check) => isFailure(check, strict));
  const warnings = checks
    .filter((check) => check.status === "failed" && !isFailure(check, strict))
    .map(({ id, detail }) => ({ code: id, message: detail }));
  return { ok, command: "doctor", checks, warnings };
}

/** All checks; one whose input is missing or invalid is skipped. */
function withoutUnavailable({ unavailable }: GivenInputs): readonly Check<DoctorFacts>[] {
  return ALL_CHECKS.map((check) => {
    const lacking = new Set((check.needs ?? []).flatMap((key) => unavailable.get(key) ?? []));
    if (lacking.size === 0) return check;
    return { ...check, after: [], run: async () => skipped(`needs ${[...lacking].join(", ")}`) };
  });
}

async function gatherFacts(given: GivenInputs, run: CommandRun): Promise<DoctorFacts> {
  const { env, signal } = run;
  const { connection, cluster, sandbox, resolution, configProblem } = given;
  const ports = await run.connect(connection);
  const onPath = await run.connect({ ...connection, phalaBin: "phala" }, { ownPhala: false });
  const account = once(() => ports.api.account(signal));
  const facts = factsOf({ ports, account, connection, signal, env }, { askPhala: true });
  const stateDirectory = await directoryOf(
    {
      connection,
      stateHost: stateHostOf(sandbox, ports.api.host),
      workspaceId: async () => (sandbox ? null : workspaceOf({ account }, signal)),
    },
    cluster.clusterName,
  );
  const journal = once(() => readJournal(stateDirectory));
  // A check reports a journal that can't be read.
  const record = summarizeJournal(await journal().catch(() => []), cluster.clusterName);
  return {
    ...clusterFactsOf(facts, cluster, record, run.flags.adopt, givenInputs(resolution.origins)),
    resolution,
    configProblem,
    pathPhala: onPath.cli,
    stateDirectory,
    journal,
    proxyRoute: (url) => run.proxyRoute(url),
  };
}

function assertKnownCheck(id: string): void {
  if (CHECK_IDS.includes(id)) return;
  const meant = closest(id, CHECK_IDS);
  throw new ClusterError("input", "unknown-check", {
    message: `there is no check ${JSON.stringify(id)} to ignore`,
    hint:
      meant === undefined
        ? `use one of ${CHECK_IDS.join(", ")}`
        : `did you mean --ignore ${meant}?`,
  });
}
