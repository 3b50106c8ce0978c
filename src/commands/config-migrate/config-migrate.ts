/** `tee-cluster config migrate`: an orchestrator.yml of schema v1 becomes one of v2, in place or in another file. */
import { command, hint } from "../../core/command-hint.ts";
import path from "node:path";
import { gatewayKeyFinding } from "../../checks/gateway-key.ts";
import { runnerEnvironmentNames } from "../../compose/environment.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { plainText } from "../../inputs/parsers.ts";
import type { Resolution } from "../../inputs/resolve.ts";
import { known } from "../../inputs/values.ts";
import { diffLines } from "../../lib/line-diff.ts";
import { migrateToV2, type Migration, type MigrationInputs } from "../../orchestrator/migrate.ts";
import { readWholeText } from "../../orchestrator/read-file.ts";
import { writeFileAtomically, type FileRole } from "../../orchestrator/write-file.ts";
import type { Warning } from "../../core/events.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepareOffline } from "../../session/offline-preparation.ts";
import { parseOption } from "../shared/parse-option.ts";
import type { MigrateFlags } from "./command.ts";
import type { ConfigMigrateResult } from "./result.ts";

/** `argument`: the file; undefined: that of the input orchestrator-config. */
type Flags = MigrateFlags & { readonly argument: string | undefined };

const SOURCE: FileRole = { code: "config", flag: "config migrate FILE" };
const TARGET: FileRole = { code: "config", flag: "--output" };

export async function configMigrate(run: CommandRun<Flags>): Promise<ConfigMigrateResult> {
  const { flags } = run;
  const named = flags.argument === undefined ? {} : { orchestratorConfig: flags.argument };
  const inputs = { ...flags.inputs, ...named };
  const { resolution } = await prepareOffline({ ...run, flags: { ...flags, inputs } });
  const file = known(resolution.values, "orchestratorConfig");
  const target = targetOf(file, flags.output);
  const before = await readWholeText(file, SOURCE);
  if (before === undefined) throw missing(file);
  const migration = migrateToV2(before, file, migrationInputs(resolution));
  if (migration === undefined) return nothingToDo(file);
  await assertValidKey(migration.gatewayKeyPath);
  if (target !== file) await assertNotOverwriting(target, migration.text);
  if (!flags.dryRun) await writeFileAtomically(target, migration.text, { role: TARGET });
  return {
    ...nothingToDo(file),
    output: target,
    previous_schema: "v1",
    changed: true,
    written: !flags.dryRun,
    capacity_threshold: migration.threshold,
    diff: diffLines(before, migration.text),
    warnings: warningsOf(migration, resolution),
  };
}

function nothingToDo(file: string): ConfigMigrateResult {
  return {
    ok: true,
    command: "config migrate",
    file,
    output: null,
    previous_schema: "v2",
    changed: false,
    written: false,
    capacity_threshold: null,
    diff: [],
    warnings: [],
  };
}

function targetOf(file: string, output: string | undefined): string {
  if (output === undefined) return file;
  const target = parseOption("config migrate", "--output", output, plainText);
  return path.resolve(target) === path.resolve(file) ? file : target;
}

/** The default capacity threshold is for new clusters: here the file's own value comes first. */
function migrationInputs({ values, origins }: Resolution): MigrationInputs {
  const threshold = known(values, "capacityThreshold");
  return {
    gatewayKeyPath: values.gatewayKeyPath,
    capacityThreshold: origins.capacityThreshold === "default" ? undefined : threshold,
    defaultThreshold: threshold,
  };
}

/** The same check as in step 1: an orchestrator of schema v2 does not start without the key. */
async function assertValidKey(file: string): Promise<void> {
  const finding = await gatewayKeyFinding(file);
  if (finding.status !== "failed") return;
  const { message, remedy } = finding;
  throw new ClusterError("prerequisite", "gateway-key", { message, hint: remedy });
}

async function assertNotOverwriting(target: string, text: string): Promise<void> {
  const there = await readWholeText(target, TARGET);
  if (there === undefined || there === text) return;
  throw new ClusterError("conflict", "config-exists", {
    message: `${target} exists already with different content; it was not changed`,
    hint: "remove it, or give another file with --output",
  });
}

function missing(file: string): ClusterError {
  return new ClusterError("input", "config-missing", {
    message: `${file} does not exist`,
    hint: hint`name the file: ${command("config migrate", "FILE")}; or write a new one: ${command("init")}`,
  });
}

function warningsOf({ remarks }: Migration, { values }: Resolution): readonly Warning[] {
  const { coordinatorWallet } = values;
  const names = runnerEnvironmentNames({ schema: "v2", coordinatorWallet }).join(", ");
  const hash = `runners of schema v2 get the environment names ${names}, and so another compose hash: approve it before their orchestrator starts`;
  return [
    ...remarks.map((message) => ({
      code: "config-not-known" as const,
      message: `left as it is: ${message}`,
    })),
    { code: "runner-hash-changes", message: hash },
  ];
}
