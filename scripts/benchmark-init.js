// What init takes by itself: neither the cloud's nor a `phala`'s time, as `timings` has it, against a sandbox that boots
// and updates at once. And how often it starts `phala`. The real phala; medians.
// Run: npm run build && node scripts/benchmark-init.js [rounds]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { median, run, startSandbox, verdict } from "./lib/benchmark.js";

const rounds = Number(process.argv[2] ?? 3);
const MAX_OWN_MS = 300;
const GOALS = [
  [["init"], 5],
  [["init", "--hash-from", "provision"], 3],
];

async function measure(args) {
  const folder = mkdtempSync(path.join(tmpdir(), "benchmark-init-"));
  const { env, stop } = await startSandbox(folder, "benchmark");
  try {
    return JSON.parse(run([...args, "--yes", "--json"], { env, cwd: folder }).stdout).timings;
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [args, maxStarts] of GOALS) {
  const all = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measure(args));
  const of = (part) => median(all.map((timings) => timings[part]));
  const parts = ["total", "cloud", "api", "phala", "ours"];
  console.log(args.join(" "), ...parts.map((part) => `  ${part} ${of(`${part}_ms`)} ms`));
  verdict(`${args.join(" ")}: own time`, of("ours_ms"), MAX_OWN_MS, " ms");
  verdict(`${args.join(" ")}: starts of phala`, of("phala_starts"), maxStarts);
}
