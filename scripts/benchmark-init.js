// How long `tee-cluster init` takes by itself: its wall time less the time in which a `phala` child runs, against
// a sandbox that boots and updates at once. The real phala, watched by a small program in front of it.
// Run: npm run build && node scripts/benchmark-init.js [rounds]
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = path.join(root, "bin", "tee-cluster.js");
const rounds = Number(process.argv[2] ?? 3);
const MOST_STARTS = 6;
const MOST_OWN_MS = 1000;

/** Waits of the cloud: a boot and an update of a millisecond, and looks every 10. */
const FAST = ["--boot-time", "1ms", "--update-time", "1ms"];

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Starts the sandbox as its own process. Resolves with the variables that it prints. */
async function startSandbox(folder) {
  const args = [program, "sandbox", "--state-dir", folder, ...FAST];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const text = await new Promise((resolve, reject) => {
    let seen = "";
    child.once("exit", () => reject(new Error("the sandbox did not start")));
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      seen += chunk;
      if (/^export AWS_SECRET_ACCESS_KEY=.*\n/m.test(seen)) resolve(seen);
    });
  });
  const variables = [...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  return { child, env: Object.fromEntries(variables) };
}

/** A program in front of phala that writes down when it ran, in ms. */
function watchedPhala(folder) {
  const file = path.join(folder, "phala");
  const log = path.join(folder, "phala.log");
  const real = path.join(root, "node_modules", ".bin", "phala");
  const lines = [
    "#!/bin/sh",
    `started=$(date +%s%3N)`,
    `${real} "$@"`,
    "code=$?",
    `echo "$started $(date +%s%3N)" >> ${log}`,
    "exit $code",
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  chmodSync(file, 0o755);
  return {
    file,
    intervals: () =>
      readFileSync(log, "utf8")
        .trim()
        .split("\n")
        .map((l) => l.split(" ").map(Number)),
  };
}

/** Milliseconds in which at least one of the intervals ran. */
function covered(intervals) {
  let [total, end] = [0, 0];
  for (const [from, to] of intervals.toSorted(([a], [b]) => a - b)) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total;
}

async function measure() {
  const folder = mkdtempSync(path.join(tmpdir(), "benchmark-init-"));
  const { child, env } = await startSandbox(path.join(folder, "cloud"));
  try {
    const phala = watchedPhala(folder);
    const compose = (role) =>
      path.join(root, "fixtures", "compose", `docker-compose.phala.${role}.yml`);
    const started = Date.now();
    const { status, stderr } = spawnSync(process.execPath, [program, "init", "--yes", "--json"], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...env,
        PATH: process.env.PATH,
        HOME: folder,
        CI: "true",
        TEE_CLUSTER_NAME: "benchmark",
        TEE_CLUSTER_STATE_DIR: path.join(folder, "state"),
        TEE_CLUSTER_REGISTRY_COMPOSE: compose("registry"),
        TEE_CLUSTER_RUNNER_COMPOSE: compose("runner"),
        TEE_CLUSTER_POLL_INTERVAL: "10ms",
        PHALA_BIN: phala.file,
      },
    });
    const wall = Date.now() - started;
    if (status !== 0) throw new Error(`init ended with ${status}: ${stderr}`);
    const intervals = phala.intervals();
    return { wall, starts: intervals.length, children: covered(intervals) };
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const runs = [];
for (let round = 0; round < rounds; round += 1) runs.push(await measure());
const own = median(runs.map(({ wall, children }) => wall - children));
const starts = Math.max(...runs.map((run) => run.starts));
const share = own / median(runs.map(({ children }) => children));
console.log(`starts of phala   ${starts} (at most ${MOST_STARTS})`);
console.log(`wall time         ${median(runs.map(({ wall }) => wall))} ms`);
console.log(`phala running     ${median(runs.map(({ children }) => children))} ms`);
console.log(
  `init itself       ${own} ms (at most ${MOST_OWN_MS}), ${share.toFixed(2)} times the children's`,
);
if (starts > MOST_STARTS || own > MOST_OWN_MS) process.exitCode = 1;
