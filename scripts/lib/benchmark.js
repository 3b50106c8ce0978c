// What the benchmarks share: a sandbox as its own process, an environment for it, medians, verdicts.
import { spawn, spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PROGRAM = path.join(ROOT, "bin", "tee-cluster.js");
export const PHALA = path.join(ROOT, "node_modules", ".bin", "phala");
export const composeFile = (role) =>
  path.join(ROOT, "fixtures", "compose", `docker-compose.phala.${role}.yml`);

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Starts the sandbox. `env` has what it prints, and lets every command use it as `--sandbox` does, its made-up Intel included. */
export async function startSandbox(folder, cluster, { boot = "1ms", update = "1ms" } = {}) {
  const stateDir = path.join(folder, "state");
  const args = ["sandbox", "--state-dir", stateDir, "--boot-time", boot, "--update-time", update];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const text = await new Promise((resolve, reject) => {
    let seen = "";
    child.once("exit", () => reject(new Error("the sandbox did not start")));
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      seen += chunk;
      if (/^export AWS_SECRET_ACCESS_KEY=.*\n/m.test(seen)) resolve(seen);
    });
  });
  const lines = text.matchAll(/^export (\w+)='(.*)'$/gm);
  const printed = Object.fromEntries(Array.from(lines, ([, name, value]) => [name, value]));
  const env = {
    ...printed,
    PATH: process.env.PATH,
    HOME: folder,
    CI: "true",
    TEE_CLUSTER_SANDBOX: "1",
    TEE_CLUSTER_NAME: cluster,
    TEE_CLUSTER_STATE_DIR: stateDir,
    TEE_CLUSTER_REGISTRY_COMPOSE: composeFile("registry"),
    TEE_CLUSTER_RUNNER_COMPOSE: composeFile("runner"),
    TEE_CLUSTER_POLL_INTERVAL: "10ms",
    PHALA_BIN: PHALA,
  };
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGTERM");
    });
  return { env, stateDir, stop };
}

/** One command of ours to its end. @returns its wall time in ms, and what it printed. */
export function run(args, { env, cwd, mayFail = false }) {
  const started = performance.now();
  const options = { cwd, encoding: "utf8", env, maxBuffer: 1 << 26 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], options);
  if (status !== 0 && !mayFail)
    throw new Error(`${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  return { ms: performance.now() - started, stdout };
}

/** The record of a cluster of the sandbox as one of another API: what offline commands read. */
export function asRecordOf(stateDir, host) {
  cpSync(path.join(stateDir, "sandbox"), path.join(stateDir, host), { recursive: true });
}

/** Prints a figure beside its goal; the exit code says whether all were met. */
export function verdict(name, value, goal, unit = "") {
  const met = value <= goal;
  const shown = (number) => `${Number.isInteger(number) ? number : number.toFixed(2)}${unit}`;
  console.log(
    `${met ? "met   " : "MISSED"}  ${name.padEnd(40)} ${shown(value).padStart(10)}  goal ${shown(goal)}`,
  );
  if (!met) process.exitCode = 1;
}
