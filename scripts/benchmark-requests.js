// How often each command starts `phala` and asks Phala's API, as `timings` counts it (test/e2e/timings.test.ts holds
// that against what the sandbox and a counting phala see). Run: npm run build && node scripts/benchmark-requests.js
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { composeFile, run, startSandbox, verdict } from "./lib/benchmark.js";

const folder = mkdtempSync(path.join(tmpdir(), "benchmark-requests-"));
const { env, stop } = await startSandbox(folder, "benchmark");
const runner = path.join(folder, "runner.yml");
let edits = 0;

/** Another runner compose file each time. */
function edited() {
  edits += 1;
  writeFileSync(runner, `${readFileSync(composeFile("runner"), "utf8")}# ${edits}\n`);
}

const PROVISION = ["--hash-from", "provision"];
const COMMANDS = [
  { args: ["init"], goal: 5 },
  { args: ["init"], about: "again", goal: 0 },
  { args: ["rotate-hash"], about: "nothing to do", goal: 0 },
  { args: ["rotate-hash"], edits: true, goal: 4 },
  { args: ["rotate-hash", ...PROVISION], edits: true, goal: 2 },
  { args: ["rotate-hash", "--plan"], edits: true, goal: 0 },
  { args: ["rotate-hash", "--plan", ...PROVISION], goal: 1 },
  { args: ["status"], goal: 0, mayFail: true },
  { args: ["list"], goal: 0 },
  { args: ["verify"], goal: 0, mayFail: true },
  { args: ["hash", "--check"], goal: 0, mayFail: true },
  { args: ["destroy"], goal: 1 },
  { args: ["init", ...PROVISION], about: "of a new cluster", goal: 3 },
];

try {
  for (const { args, about = "", edits: edits_, goal, mayFail } of COMMANDS) {
    if (edits_) edited();
    const change = edits === 0 ? {} : { TEE_CLUSTER_RUNNER_COMPOSE: runner };
    const yes = ["init", "rotate-hash", "destroy"].includes(args[0]) ? ["--yes"] : [];
    const { stdout } = run([...args, ...yes, "--json"], {
      env: { ...env, ...change },
      cwd: folder,
      mayFail,
    });
    const { timings } = JSON.parse(stdout);
    const name = [...args, about].join(" ").trim();
    verdict(`${name}: starts of phala`, timings.phala_starts, goal);
    console.log(
      `        ${`${name}: requests`.padEnd(40)} ${String(timings.api_requests).padStart(10)}`,
    );
  }
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
