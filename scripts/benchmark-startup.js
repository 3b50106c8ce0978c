// What a start costs: `--version`, `--help` and `hash --check` (offline, of a recorded cluster) as ratios to `node -e 0`, in turns,
// so that a noisy machine is noisy for all. CPU time (of bash's `time`) and wall time; the goals are held against CPU time.
// The program has been started before, as in use; beside it, without a goal, `hash --check` without the compile cache.
// Run: npm run build && node scripts/benchmark-startup.js [rounds]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { asRecordOf, median, PROGRAM, run, startSandbox, verdict } from "./lib/benchmark.js";

const rounds = Number(process.argv[2] ?? 21);
const GOALS = { "--version": 1.25, "--help": 1.35, "hash --check": 2.5 };
const HOST = "cloud-api.phala.network";
const folder = mkdtempSync(path.join(tmpdir(), "benchmark-startup-"));

async function recordedCluster() {
  const { env, stateDir, stop } = await startSandbox(folder, "benchmark");
  run(["init", "--yes", "--quiet"], { env, cwd: folder });
  await stop();
  asRecordOf(stateDir, HOST);
  const offline = Object.entries(env).filter(([name]) => !/^PHALA_|GATEWAY|SANDBOX/.test(name));
  return { ...Object.fromEntries(offline), PHALA_API_URL: `https://${HOST}` };
}

/** Milliseconds of CPU (user and system) and on the clock. */
function measure(args, env) {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>/dev/null';
  const { stderr, status } = spawnSync("bash", ["-c", script, "bash", process.execPath, ...args], {
    env,
    encoding: "utf8",
    cwd: folder,
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  const [wall, user, system] = stderr.trim().split(" ").map(Number);
  return { cpu: 1000 * (user + system), wall: 1000 * wall };
}

try {
  const env = await recordedCluster();
  const commands = { "node -e 0": ["-e", "0"] };
  for (const name of Object.keys(GOALS)) commands[name] = [PROGRAM, ...name.split(" ")];
  const uncached = "without cache";
  commands[uncached] = commands["hash --check"];
  const envOf = (name) => (name === uncached ? { ...env, NODE_DISABLE_COMPILE_CACHE: "1" } : env);
  const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, args] of Object.entries(commands))
      samples[name].push(measure(args, envOf(name)));
  const of = (name, what) => median(samples[name].map((sample) => sample[what]));
  console.log("                    CPU        wall");
  for (const name of Object.keys(commands)) {
    const cells = ["cpu", "wall"].map((what) => `${of(name, what).toFixed(0)} ms`.padStart(8));
    console.log(name.padEnd(14), ...cells.map((cell) => cell.padStart(10)));
  }
  const ratio = of(uncached, "cpu") / of("node -e 0", "cpu");
  console.log(
    `        ${"hash --check without cache, CPU".padEnd(40)} ${ratio.toFixed(2).padStart(10)}`,
  );
  for (const [name, goal] of Object.entries(GOALS)) {
    verdict(`${name}, times node -e 0, CPU`, of(name, "cpu") / of("node -e 0", "cpu"), goal);
    const wall = of(name, "wall") / of("node -e 0", "wall");
    console.log(
      `        ${`${name}, times node -e 0, wall`.padEnd(40)} ${wall.toFixed(2).padStart(10)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
