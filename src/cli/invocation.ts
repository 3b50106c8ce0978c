/** How the program was started, for pasteable commands: the same program, with the flags that select the cluster. */
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import type { ContextFlag, Invocation } from "../core/command-hint.ts";
import { isPhalaHost } from "../core/api-hosts.ts";
import { inputDefinition, type InputKey } from "../inputs/table.ts";
import { expandHome } from "../lib/home.ts";
import { shellQuote } from "../lib/shell-quote.ts";
import { bundledPhala } from "./package-files.ts";
import { addDefinition } from "./options.ts";
import type { Options } from "./program.ts";
import { COMMANDS } from "./commands.ts";

const NAME = "tee-cluster";

/** Inputs that select cluster, cloud and files. Those in the environment apply to the next command too. */
const CONTEXT_INPUTS: readonly InputKey[] = [
  "clusterName",
  "registryCompose",
  "runnerCompose",
  "orchestratorConfig",
  "stateDir",
  "phalaApiUrl",
  "gatewayUrl",
  "phalaBin",
];

export function invocationOf(
  options: Options,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Invocation {
  const [, script = NAME, ...words] = argv;
  const sandbox = options["sandbox"] === true || isOn(env["TEE_CLUSTER_SANDBOX"]);
  return {
    program: programOf(script, env),
    phala: () => phalaOf(options, env, sandbox),
    argv: words,
    context: contextOf(options),
    sandbox,
    hasDashboard: !sandbox && isOnPhala(options["phalaApiUrl"] ?? env["PHALA_API_URL"]),
    accepts,
  };
}

/** True for the default, and for an invalid URL, which is reported elsewhere. */
const isOnPhala = (url: unknown): boolean =>
  typeof url !== "string" || url === "" || (URL.canParse(url) && isPhalaHost(new URL(url).host));

/** Whether a variable that is a switch is on. */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["", "0", "false", "no"].includes(value);

const isUnderNpm = (env: NodeJS.ProcessEnv): boolean =>
  env["npm_command"] === "exec" || env["npm_command"] === "run-script";

function programOf(script: string, env: NodeJS.ProcessEnv): string {
  // npx, and scripts of package.json, which run a local program.
  if (isUnderNpm(env)) return `npx ${NAME}`;
  if (script === NAME) return NAME;
  const folders = (env["PATH"] ?? "").split(path.delimiter);
  if (folders.some((folder) => isSameFile(path.join(folder, NAME), script))) return NAME;
  const relative = path.relative("", script);
  const shown = relative.startsWith("..") ? script : relative;
  if (shown.endsWith(".js")) return `node ${shellQuote(shown)}`;
  return shellQuote(shown.includes(path.sep) ? shown : `.${path.sep}${shown}`);
}

/**
 * phala reads another variable for the key than this program does, and has a default API of its own: without these a
 * pasted command fails, or acts on the account that `phala login` knows.
 */
function phalaOf(options: Options, env: NodeJS.ProcessEnv, sandbox: boolean): string {
  const bin = phalaProgram(options["phalaBin"] ?? env["PHALA_BIN"], env);
  if (sandbox) return bin;
  const url = options["phalaApiUrl"] ?? env["PHALA_API_URL"];
  const key = env["PHALA_API_KEY"] ? [KEY_FOR_PHALA] : [];
  if (isOnPhala(url) || typeof url !== "string") return [...key, bin].join(" ");
  const prefix = `${url.replace(/\/+$/, "")}/api/v1`;
  return [...key, `PHALA_CLOUD_API_PREFIX=${shellQuote(prefix)}`, bin].join(" ");
}

/** The shell puts the key in: it is never in a hint. */
const KEY_FOR_PHALA = 'PHALA_CLOUD_API_KEY="$PHALA_API_KEY"';

function phalaProgram(named: unknown, env: NodeJS.ProcessEnv): string {
  if (typeof named === "string" && named !== "") return shellQuote(expandHome(named));
  if (isUnderNpm(env)) return "npx phala";
  const folders = (env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
  if (folders.some((folder) => existsSync(path.join(folder, "phala")))) return "phala";
  return shellQuote(bundledPhala() ?? "phala");
}

function isSameFile(one: string, other: string): boolean {
  try {
    return path.resolve(other) === path.resolve(one) && realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

function contextOf(options: Options): readonly ContextFlag[] {
  const inputs = CONTEXT_INPUTS.flatMap((key): ContextFlag[] => {
    const [flag, value] = [inputDefinition(key).flag, options[key]];
    return flag !== undefined && typeof value === "string" ? [{ flag, value }] : [];
  });
  const config = options["config"];
  return [
    ...(options["sandbox"] === true ? [{ flag: "sandbox", value: undefined }] : []),
    ...(typeof config === "string" ? [{ flag: "config", value: config }] : []),
    ...inputs,
  ];
}

function accepts(name: string, flag: string): boolean {
  const definition = COMMANDS.find((command) => command.name === name);
  const command = new Command(name);
  if (definition) addDefinition(command, definition);
  return command.options.some(({ long }) => long === `--${flag}`);
}
