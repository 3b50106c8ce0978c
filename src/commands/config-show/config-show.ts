/** `tee-cluster config show`: the effective inputs and their origins. Makes no request. */
import type { Warning } from "../../core/events.ts";
import { SCHEMA_V1_WARNING } from "../../checks/orchestrator-config.ts";
import { inputText } from "../../inputs/as-text.ts";
import type { ConfigFile } from "../../inputs/config-file.ts";
import { isRequired, missingForCluster } from "../../inputs/required.ts";
import type { Resolution } from "../../inputs/resolve.ts";
import { INPUTS, nameOfInput, type InputDefinition, type InputKey } from "../../inputs/table.ts";
import { readWholeText } from "../../orchestrator/read-file.ts";
import { readSettings } from "../../orchestrator/read-settings.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepareOffline, type OfflinePreparation } from "../../session/offline-preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import { readClusterRecord } from "../../state/verified-state.ts";
import type { ConfigShowResult, ShownInput } from "./result.ts";

export async function showConfig(run: CommandRun): Promise<ConfigShowResult> {
  const prepared = await prepareOffline(run, { remember: true, everything: true });
  const { config } = prepared;
  const own = await withRegistrysOwn(prepared);
  const resolution = run.flags.sandbox ? withSandboxApiKey(own) : own;
  const fileLines = await linesOfFile(resolution, run.env);
  return {
    ok: true,
    command: "config show",
    cluster: resolution.values.clusterName ?? null,
    config_file: config.path ?? null,
    inputs: INPUTS.map((input) => shownInput(input, resolution, { config, fileLines })),
    warnings: warningsOn(resolution),
  };
}

/** Runs in the sandbox always use its own key. */
function withSandboxApiKey(resolution: Resolution): Resolution {
  return {
    ...resolution,
    values: { ...resolution.values, phalaApiKey: "" },
    origins: { ...resolution.origins, phalaApiKey: "default" },
    missing: resolution.missing.filter(({ key }) => key !== "phalaApiKey"),
  };
}

/** With the settings that the recorded registry was given since the last init. */
async function withRegistrysOwn({
  resolution,
  directory,
}: OfflinePreparation): Promise<Resolution> {
  const { clusterName } = resolution.values;
  if (clusterName === undefined) return resolution;
  const record = await readClusterRecord(await directory(clusterName), clusterName);
  if (record.registryCreations.length + record.adoptedRegistries.length === 0) return resolution;
  return withRecordedInputs(resolution, record).resolution;
}

type Places = { readonly config: ConfigFile; readonly fileLines: Readonly<Record<string, number>> };

function shownInput(input: InputDefinition, resolution: Resolution, places: Places): ShownInput {
  const { key, flag, variables, secret = false } = input;
  const value = resolution.values[key];
  const origin = resolution.origins[key];
  const set = value !== undefined;
  return {
    name: flag ?? variables[0] ?? key,
    value: secret || !set ? null : (textOf(key, value) ?? null),
    secret,
    set,
    required: isRequired(input, resolution.values),
    origin: set && origin !== "prompt" ? (origin ?? null) : null,
    from: set ? placeOf(input, resolution, places) : null,
  };
}

const DURATIONS: ReadonlySet<InputKey> = new Set(["timeoutMs", "pollIntervalMs"]);

function textOf(key: InputKey, value: unknown): string | readonly string[] | undefined {
  if (!DURATIONS.has(key) || typeof value !== "number") return inputText(value);
  if (value % 60_000 === 0) return `${value / 60_000}m`;
  return value % 1000 === 0 ? `${value / 1000}s` : `${value}ms`;
}

/** Where to change it. */
function placeOf(
  { key, flag }: InputDefinition,
  { origins, variables, values }: Resolution,
  { config, fileLines }: Places,
): string | null {
  switch (origins[key]) {
    case "flag":
      return `--${flag}`;
    case "environment":
      return variables[key] ?? null;
    case "config file":
      return `${config.path}${lineSuffix(config.lines?.[key])}`;
    case "orchestrator.yml":
      return `${values.orchestratorConfig}${lineSuffix(fileLines[key])}`;
    default:
      return null;
  }
}

const lineSuffix = (line: number | undefined): string => (line === undefined ? "" : `:${line}`);

async function linesOfFile(
  { values }: Resolution,
  env: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, number>>> {
  const { orchestratorConfig } = values;
  if (orchestratorConfig === undefined) return {};
  const text = await readWholeText(orchestratorConfig).catch(() => undefined);
  return text === undefined ? {} : readSettings(text, env).lines;
}

function warningsOn({ values, missing }: Resolution): readonly Warning[] {
  const lacking = [...missing, ...missingForCluster(values)].map((input) => ({
    code: "missing-input" as const,
    message: `${nameOfInput(input)} is required and set nowhere`,
  }));
  const schema = values.orchestratorSchema === "v1" ? [SCHEMA_V1_WARNING] : [];
  return [...lacking, ...schema];
}
