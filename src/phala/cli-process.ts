/**
 * One run of the `phala` CLI, shut off from everything that changes what it does: a `phala.toml` in the working
 * directory makes a create an update of another registry, an SSH key in ~/.ssh changes the compose hash.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { existsSync } from "node:fs";
import { execa } from "execa";
import { hasProxy, proxyEnvironment } from "../net/proxy.ts";
import type { CliRun } from "./cli-output.ts";

export type PhalaProcessOptions = {
  /** A path, or a name on PATH. */
  readonly bin: string;
  readonly apiKey: string;
  /** Without `/api/v1`. */
  readonly apiUrl: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onDetail: (message: string) => void;
};

export type PhalaCommand = {
  /** Gets the run's private folder, to put files into. */
  readonly args: (folder: string) => string[] | Promise<string[]>;
  readonly limitMs: number;
};

type Child = { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean };

const GRACE_MS = 2_000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const PASSED_ON = [
  "PATH",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SYSTEMROOT",
  "PATHEXT",
  "LANG",
  "LC_ALL",
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
];

/** Version managers find the program behind their shim through these, and through the real home folder. */
const SHIM = /volta|asdf|mise|nodenv|shim|not found|command not found|No version is set/i;

/**
 * Runs the CLI to its end and reports it; never throws for what the child does. An aborted signal ends the child
 * and shows as `cutOff`.
 */
export async function runPhala(
  options: PhalaProcessOptions,
  command: PhalaCommand,
  signal: AbortSignal,
): Promise<CliRun> {
  const first = await runIn(options, command, signal, false);
  if (!looksLikeBrokenShim(first)) return first;
  options.onDetail("phala did not start with an empty home folder; trying again with the real one");
  return runIn(options, command, signal, true);
}

/** A shim that fails does so before phala starts: nothing was asked of the platform yet. */
function looksLikeBrokenShim(run: CliRun): boolean {
  if (run.cutOff !== undefined || run.exitCode === 0 || run.exitCode === null) return false;
  return run.stdout === "" && SHIM.test(run.stderr) && !run.stderr.includes('"success"');
}

async function runIn(
  options: PhalaProcessOptions,
  command: PhalaCommand,
  signal: AbortSignal,
  realHome: boolean,
): Promise<CliRun> {
  // mkdtemp makes it 0700.
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-"));
  try {
    const home = path.join(folder, "home");
    await mkdir(home, { mode: 0o700 });
    const args = await command.args(folder);
    // With the real home folder the SSH key is kept out by --no-dev-os instead.
    const all = realHome && args[0] === "deploy" ? [...args, "--no-dev-os"] : args;
    options.onDetail(
      `phala ${all.map((arg) => (arg.startsWith(folder) ? path.basename(arg) : arg)).join(" ")}`,
    );
    return await spawn(
      options,
      all,
      { folder, home: realHome ? (options.env["HOME"] ?? home) : home, limitMs: command.limitMs },
      signal,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function spawn(
  options: PhalaProcessOptions,
  args: readonly string[],
  where: { readonly folder: string; readonly home: string; readonly limitMs: number },
  signal: AbortSignal,
): Promise<CliRun> {
  if (signal.aborted) return { stdout: "", stderr: "", exitCode: 0, cutOff: "interrupted before it started" };
  const child = execa(options.bin, args, {
    cwd: where.folder,
    env: environmentOf(options, where.home),
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    maxBuffer: MAX_OUTPUT_BYTES,
    stripFinalNewline: false,
    // A group of its own: Ctrl-C in the terminal must not reach it, we decide when it ends.
    detached: process.platform !== "win32",
    cleanup: true,
  });
  const ended = endOnDemand(child, where.limitMs, signal);
  const result = await child;
  ended.clear();
  return {
    stdout: result.stdout,
    // A program that can't be started has no exit code; execa's messages hold the arguments, so only the code is used.
    stderr:
      result.exitCode === undefined && result.code !== undefined
        ? startFailure(options.bin, result.code)
        : result.stderr,
    exitCode: result.exitCode ?? null,
    cutOff: ended.reason() ?? (result.signal === undefined ? undefined : `signal ${result.signal}`),
  };
}

/** Ends the child's whole group on abort or at the time limit: SIGTERM, then SIGKILL. */
function endOnDemand(
  child: Child,
  limitMs: number,
  signal: AbortSignal,
): { clear(): void; reason(): string | undefined } {
  let reason: string | undefined;
  const timers: NodeJS.Timeout[] = [];
  const end = (why: string): void => {
    reason ??= why;
    killGroup(child, "SIGTERM");
    timers.push(setTimeout(() => killGroup(child, "SIGKILL"), GRACE_MS));
  };
  const onAbort = (): void => end("interrupted");
  signal.addEventListener("abort", onAbort, { once: true });
  timers.push(setTimeout(() => end(`it took longer than ${limitMs / 1000}s`), limitMs));
  return {
    clear() {
      signal.removeEventListener("abort", onAbort);
      for (const timer of timers) clearTimeout(timer);
    },
    reason: () => reason,
  };
}

function killGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}

/** An allow-list: no AWS variable, no NODE_OPTIONS of the user, nothing that phala might read. */
function environmentOf(options: PhalaProcessOptions, home: string): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = options.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    ...proxyEnvironment(options.env),
    ...(hasProxy(options.env) ? { NODE_OPTIONS: `--import=${proxyPreload()}` } : {}),
    HOME: home,
    PHALA_CLOUD_API_KEY: options.apiKey,
    PHALA_CLOUD_API_PREFIX: `${options.apiUrl}/api/v1`,
    PHALA_DISABLE_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

/** `dist/proxy-preload.js`, seen from a chunk in dist or from this file in src. */
function proxyPreload(): string {
  const beside = fileURLToPath(new URL("./proxy-preload.js", import.meta.url));
  const built = fileURLToPath(new URL("../../dist/proxy-preload.js", import.meta.url));
  return pathToFileURL(existsSync(beside) ? beside : built).href;
}

function startFailure(bin: string, code: string): string {
  return code === "ENOENT" ? `${bin}: no such program` : `${bin} can't be started (${code})`;
}
