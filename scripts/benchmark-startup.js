// How long `tee-cluster --version` and `--help` take, as a ratio to `node -e 0`, in turns so that a noisy machine
// is noisy for all of them. Run: npm run build && node scripts/benchmark-startup.js [rounds]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../bin/tee-cluster.js", import.meta.url));
const rounds = Number(process.argv[2] ?? 21);
const commands = {
  "node -e 0": ["-e", "0"],
  "tee-cluster --version": [program, "--version"],
  "tee-cluster --help": [program, "--help"],
};

const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const [name, args] of Object.entries(commands)) {
    const started = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    times[name].push(performance.now() - started);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const base = median(times["node -e 0"]);
for (const [name, values] of Object.entries(times)) {
  const ms = median(values);
  console.log(
    `${name.padEnd(24)} ${ms.toFixed(1).padStart(7)} ms  ${(ms / base).toFixed(2)} times node -e 0`,
  );
}
