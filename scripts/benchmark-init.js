// What init takes by itself: neither the cloud's nor a `phala`'s time, as `timings` has it, against a sandbox that boots
// and updates at once. And how often it starts `phala`. The real phala; medians. Without compiled code, as at an operator's
// first run, and with it.
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

/** @param cache where compiled code is kept; undefined: nowhere yet, as at an operator's first run. */
async function measure(args, cache) {
  const folder = mkdtempSync(path.join(tmpdir(), "benchmark-init-"));
  const { env, stop } = await startSandbox(folder, "benchmark");
  if (cache !== undefined) env.XDG_CACHE_HOME = cache;
  try {
    return JSON.parse(run([...args, "--yes", "--json"], { env, cwd: folder }).stdout).timings;
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const cache = mkdtempSync(path.join(tmpdir(), "benchmark-init-cache-"));
try {
  for (const [args, maxStarts] of GOALS) {
    await measure(args, cache);
    const all = { first: [], later: [] };
    for (let round = 0; round < rounds; round += 1) {
      all.first.push(await measure(args));
      all.later.push(await measure(args, cache));
    }
    for (const [which, timings] of Object.entries(all)) {
      const of = (part) => median(timings.map((each) => each[part]));
      const parts = ["total", "cloud", "api", "phala", "ours"];
      const name = `${args.join(" ")}, ${which} run`;
      console.log(name, ...parts.map((part) => `  ${part} ${of(`${part}_ms`)} ms`));
      verdict(`${name}: own time`, of("ours_ms"), MAX_OWN_MS, " ms");
      verdict(`${name}: starts of phala`, of("phala_starts"), maxStarts);
    }
  }
} finally {
  rmSync(cache, { recursive: true, force: true });
}
