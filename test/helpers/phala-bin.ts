/** The real `phala` CLI, pinned in package.json. */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Sandbox } from "../../src/sandbox/index.ts";
import { temporaryFolder } from "./temporary.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

export const PHALA_PACKAGE = path.join(MODULES, "phala");
/** As npm installs it. */
export const PHALA_PACKAGE_BIN = fileURLToPath(
  new URL("../../node_modules/.bin/phala", import.meta.url),
);
/** The same package joined into one file: see join-phala.ts. Inside node_modules, where its version is found. */
export const JOINED_PHALA = path.join(MODULES, ".cache", "phala-joined", "dist", "index.js");

export const PHALA_BIN =
  process.env["PHALA_UNDER_TEST"] === "package" ? PHALA_PACKAGE_BIN : JOINED_PHALA;

/** Where the global set-up says what to start for a `phala` that is loaded already: see warm.ts. */
export const WARM_PHALA = "TEE_CLUSTER_WARM_PHALA";

/** What a run is given that is stopped or killed, looked at from outside, or shut in: a phala of its own. */
export const OWN_PHALA = { PHALA_BIN } as const;

/** For every other one. */
export const warmPhalaBin = (): string => process.env[WARM_PHALA] ?? PHALA_BIN;

export type PhalaRun = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type PhalaRunOptions = {
  readonly apiKey?: string;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** ms, then SIGKILL. */
  readonly timeout?: number;
  /** One that is loaded already where absent. */
  readonly bin?: string;
};

/**
 * Runs the real CLI against a sandbox with an empty HOME and working directory, so that no `phala.toml` or SSH
 * key of this machine has a say. stdin is closed.
 */
export async function runPhala(
  args: readonly string[],
  sandbox: Pick<Sandbox, "apiUrl" | "apiKey">,
  options: PhalaRunOptions = {},
): Promise<PhalaRun> {
  const folder = await temporaryFolder();
  const home = path.join(folder, "home");
  const cwd = path.join(folder, "cwd");
  await Promise.all([mkdir(home), mkdir(cwd)]);
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    PHALA_CLOUD_API_KEY: options.apiKey ?? sandbox.apiKey,
    PHALA_CLOUD_API_PREFIX: `${sandbox.apiUrl}/api/v1`,
    PHALA_DISABLE_UPDATE_CHECK: "1",
    ...options.env,
  };
  const child = spawn(options.bin ?? warmPhalaBin(), args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeout ?? 180_000);
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output });
    });
  });
}
