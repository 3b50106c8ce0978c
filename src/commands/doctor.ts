/** `tee-cluster doctor`: the checks of step 1 alone, all of them, each with its remedy. */
import { clusterFactsOf, factsOf } from "../checks/facts.ts";
import { platformChecks } from "../checks/platform-checks.ts";
import { runChecks } from "../checks/run-checks.ts";
import { toClusterSettings } from "../inputs/values.ts";
import { readJournal } from "../state/journal.ts";
import { summarizeJournal } from "../state/record.ts";
import { stateDirectoryOf } from "../state/state-directory.ts";
import { verifyCluster } from "../steps/verify-prerequisites.ts";
import type { CommandDependencies, CommonFlags } from "./dependencies.ts";
import { prepare } from "./preparation.ts";
import type { DoctorResult } from "./results.ts";

export async function doctor(dependencies: CommandDependencies, flags: CommonFlags): Promise<DoctorResult> {
  const { emit, env, signal } = dependencies;
  const alone = { ...dependencies, prompter: undefined };
  const { resolution, connection, ports, stateHost } = await prepare(alone, flags, ["connection", "cluster"]);
  emit({ type: "run-started", command: "doctor", headline: "Checking the prerequisites" });
  const settings = toClusterSettings(resolution.values);
  const directory = stateDirectoryOf(connection.stateDir, stateHost, settings.clusterName);
  const record = summarizeJournal(await readJournal(directory), settings.clusterName);
  const facts = factsOf(ports, connection, signal, env);
  const [platform, cluster] = await Promise.all([
    runChecks(platformChecks, facts, (check) => emit({ type: "check-finished", check })),
    verifyCluster(clusterFactsOf(facts, settings, record, flags.adopt), { emit }),
  ]);
  const checks = [...platform, ...cluster].map(({ kind: _, ...check }) => check);
  const failing = checks.filter(
    ({ status, severity }) => status === "failed" && (severity === "error" || flags.strict),
  );
  const warnings = checks
    .filter((check) => check.status === "failed" && !failing.includes(check))
    .map(({ id, detail }) => ({ code: id, message: detail }));
  return { ok: failing.length === 0, command: "doctor", checks, warnings };
}
