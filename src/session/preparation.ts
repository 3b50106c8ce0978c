/** The first part of every command: resolve its inputs, hide its secrets, connect. */
import { expandHome } from "../lib/home.ts";
import { readConfigFile, type ConfigFile } from "../inputs/config-file.ts";
import { inputDefinition, INPUTS } from "../inputs/table.ts";
import {
  parseInput,
  assertNoProblems,
  resolveInputs,
  type Answers,
  type Resolution,
  type Sources,
} from "../inputs/resolve.ts";
import type { Words } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Account } from "../core/ports.ts";
import { once } from "../lib/once.ts";
import type { Connection } from "../core/settings.ts";
import { toConnection, type Values } from "../inputs/values.ts";
import { resolutionWithKnown } from "./known-inputs.ts";
import { SANDBOX_HOST, sandboxHint, withoutRealKeys } from "./sandbox.ts";
import type { CommandDependencies, CommandRun, Ports, SandboxHandle } from "./dependencies.ts";

export type Preparation = CommandRun & {
  readonly resolution: Resolution;
  /** Without what the existing orchestrator.yml has: that may be another cluster's, once a name is typed. */
  readonly start: Answers;
  readonly sandbox: SandboxHandle | undefined;
  readonly connection: Connection;
  readonly ports: Ports;
  /** Under which host the state of this cloud is kept. */
  readonly stateHost: string;
  /** In words: which inputs are as this machine recorded them, where no file says them. */
  readonly taken: readonly string[];
  /** Asked once. */
  readonly account: () => Promise<Account>;
  /** Whose state it is, as the platform says. Null: unknown, or the sandbox, which is one place. */
  readonly workspaceId: () => Promise<string | null>;
};

export type PrepareOptions = {
  readonly complete?: Completion;
  /** Whether the only recorded cluster is meant where none is named. */
  readonly remember?: boolean;
  /** Whether the command asks on a terminal for what is missing. */
  readonly asks?: boolean;
};

/** Adds what a command needs beyond the inputs that are always required. */
export type Completion = (
  resolution: Resolution,
  sandbox: SandboxHandle | undefined,
) => Promise<Resolution>;

/**
 * @throws ClusterError (input) for every input that is wrong, all at once; and for all that are missing where
 *   nobody may be asked.
 */
export async function prepare(
  run: CommandRun,
  {
    complete = async (resolution) => resolution,
    remember = false,
    asks = true,
  }: PrepareOptions = {},
): Promise<Preparation> {
  const { env, signal, flags } = run;
  const prompter = asks ? run.prompter : undefined;
  const sources = sourcesFor(run, await configFileOf(run));
  const sandbox = flags.sandbox
    ? await startSandboxFor(resolveInputs({ ...sources, examples: {} }), run)
    : undefined;
  const given = resolveWith(sandbox, sources);
  const { phalaApiUrl } = given.values;
  const from =
    phalaApiUrl === undefined ? undefined : stateHostOf(sandbox, new URL(phalaApiUrl).host);
  const filled = await resolutionWithKnown(given, { env, stateHost: from, remember });
  const bound = await complete(filled.resolution, sandbox);
  const more = sandbox ? undefined : await sandboxHint(bound);
  const resolution = prompter ? await askForKey(bound, run, more) : bound;
  assertNoProblems(prompter ? { ...resolution, missing: [] } : resolution, { asks, more });
  hideSecrets(run, resolution.values);
  const connection = toConnection(resolution.values);
  // An invalid proxy is reported here, not as the failure of every request.
  run.proxyRoute(connection.phalaApiUrl);
  const ports = await run.connect(connection);
  const account = once(() => ports.api.account(signal));
  return {
    ...run,
    resolution,
    start: startOf(given, resolution),
    sandbox,
    connection,
    ports,
    stateHost: stateHostOf(sandbox, ports.api.host),
    taken: filled.taken,
    account,
    workspaceId: async () => (sandbox ? null : workspaceOf({ account }, signal)),
  };
}

/** Without an answer the folder is found by host names; whatever needs the platform fails by itself. */
export async function workspaceOf(
  { account }: { readonly account: () => Promise<Account> },
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return (await account()).workspaceId;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** What was given, with the key that was asked for since. */
function startOf(given: Resolution, { values, origins }: Resolution): Answers {
  const { phalaApiKey } = values;
  if (phalaApiKey === undefined) return given;
  return {
    ...given,
    values: { ...given.values, phalaApiKey },
    origins: { ...given.origins, phalaApiKey: origins.phalaApiKey ?? "default" },
  };
}

/** Where the inputs are taken from; with the sandbox, without the keys of a real cloud, which is noted. */
export function sourcesFor(
  { env, emit, flags }: Pick<CommandRun, "env" | "emit" | "flags">,
  config: ConfigFile,
): Omit<Sources, "examples"> {
  const all = { flags: flags.inputs, env, config, keys: flags.keys };
  if (!flags.sandbox) return all;
  const { sources, ignored } = withoutRealKeys(all);
  if (ignored.length > 0)
    emit({
      type: "note",
      message: `the sandbox uses example keys; ignored: ${ignored.join(", ")}`,
    });
  return sources;
}

/** The config file that was named, by flag or variable. */
export function configPathOf({
  flags,
  env,
}: Pick<CommandRun, "flags" | "env">): string | undefined {
  const path = flags.config ?? (env["TEE_CLUSTER_CONFIG"] || undefined);
  return path && expandHome(path);
}

/** The config file that is named, or the default one where it is there. */
export function configFileOf(run: CommandRun): Promise<ConfigFile> {
  return readConfigFile(configPathOf(run), run.signal);
}

/** Under which name the state is kept: the sandbox is one cloud, whatever port it has this time. */
export function stateHostOf(sandbox: SandboxHandle | undefined, apiHost: string): string {
  return sandbox ? SANDBOX_HOST : apiHost;
}

async function startSandboxFor(
  first: Resolution,
  dependencies: CommandDependencies,
): Promise<SandboxHandle> {
  // The sandbox's examples replace what is missing, but nothing that is wrong: not even a folder may be made then.
  assertNoProblems({ ...first, missing: [] });
  const stateDir = first.values.stateDir;
  if (stateDir === undefined) throw new Error("no state directory");
  return dependencies.startSandbox(stateDir);
}

/**
 * The inputs, with a sandbox's examples as defaults. The sandbox is what is talked to, whatever key and address
 * the environment has for the real platform.
 */
export function resolveWith(
  sandbox: SandboxHandle | undefined,
  sources: Omit<Sources, "examples">,
): Resolution {
  const given = resolveInputs({ ...sources, examples: sandbox?.examples ?? {} });
  if (!sandbox) return given;
  const { apiUrl: phalaApiUrl, gatewayUrl, apiKey: phalaApiKey, collateralUrl } = sandbox;
  return {
    ...given,
    values: { ...given.values, phalaApiUrl, gatewayUrl, phalaApiKey, collateralUrl },
    origins: {
      ...given.origins,
      phalaApiUrl: "default",
      gatewayUrl: "default",
      phalaApiKey: "default",
      collateralUrl: "default",
    },
    missing: given.missing.filter(({ key }) => key !== "phalaApiKey"),
  };
}

/** A key that Phala refuses is asked for again; the checks report any other failure. */
async function isKeyAccepted(
  phalaApiKey: string,
  values: Partial<Values>,
  { connect, signal }: CommandDependencies,
): Promise<true | string> {
  try {
    const { api } = await connect(toConnection({ ...values, phalaApiKey }));
    await api.account(signal);
    return true;
  } catch (error) {
    const isRefused = error instanceof ClusterError && error.code === "api-key-refused";
    return isRefused ? `${error.message}: try another one, or Ctrl-C` : true;
  }
}

/** Without the key not even the prerequisites can be checked, so it is asked for first. */
async function askForKey(
  resolution: Resolution,
  dependencies: CommandDependencies,
  more: Words | undefined,
): Promise<Resolution> {
  const definition = inputDefinition("phalaApiKey");
  if (!dependencies.prompter || resolution.values.phalaApiKey !== undefined) return resolution;
  if (resolution.problems.length > 0) return resolution;
  const validate = async (text: string): Promise<true | string> => {
    if (text === "") return "is required";
    const parsed = parseInput(definition, text, "prompt");
    if ("problem" in parsed) return parsed.problem.message;
    dependencies.redactor.add(text);
    return isKeyAccepted(text, resolution.values, dependencies);
  };
  if (more !== undefined) dependencies.emit({ type: "note", message: more });
  const phalaApiKey = await dependencies.prompter.secret({
    message: "Phala Cloud API key (not shown)",
    validate,
  });
  return {
    ...resolution,
    values: { ...resolution.values, phalaApiKey },
    origins: { ...resolution.origins, phalaApiKey: "prompt" },
  };
}

/** From here on secrets are redacted, whatever prints them. */
export function hideSecrets(dependencies: CommandDependencies, values: Partial<Values>): void {
  for (const { key, secret } of INPUTS) {
    const value = values[key];
    if (secret && typeof value === "string") dependencies.redactor.add(value);
  }
  for (const { value } of values.registryEnv ?? []) dependencies.redactor.add(value);
}
