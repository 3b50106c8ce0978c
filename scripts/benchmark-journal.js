// What a long journal costs: the CPU time that reading and verifying the record of a cluster takes, for 60,000 records against
// none, of format 2 (sealed) and of one that began as 0.1.0's format 1. "first": without the checkpoint that runs leave,
// "later": with it. Also twice as many records, for how it grows. The source itself, bundled.
// Fails above 0.2 s more for 60,000 records, or where twice the records take more than 2.6 times as long.
// Run: node scripts/benchmark-journal.js [rounds]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { verdict } from "./lib/benchmark.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RECORDS = 60_000;
const MOST_MS = 200;
const MOST_GROWTH = 2.6;
const rounds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(path.join(tmpdir(), "tee-cluster-benchmark-"));
const hex = (character, length = 64) => character.repeat(length);
const hashOf = (n) => n.toString(16).padStart(64, "0");
const RUN = "0c1e2d1a-1111-2222-3333-444455556666";

/** A rotation's records, as a run leaves them. */
const ROTATION = [
  () => ({ type: "run-started", command: "rotate-hash", pid: 4711, host: "ci-runner" }),
  (n) => ({
    type: "intent",
    intent: `${RUN}-c${n}`,
    action: "create-cvm",
    name: "bird-runner-temp",
    app_id: null,
    compose_digest: hex("a"),
    empty_names: [],
  }),
  (n) => ({
    type: "outcome",
    intent: `${RUN}-c${n}`,
    outcome: "done",
    app_id: hex("b", 40),
    vm_uuid: RUN,
  }),
  (n) => ({
    type: "compose-hash",
    hash: hashOf(n),
    compose_digest: hex("a"),
    allowed_envs: ["A", "B", "C"],
  }),
  (n) => ({
    type: "intent",
    intent: `${RUN}-d${n}`,
    action: "delete-cvm",
    name: "bird-runner-temp",
    app_id: null,
  }),
  (n) => ({
    type: "outcome",
    intent: `${RUN}-d${n}`,
    outcome: "done",
    app_id: null,
    vm_uuid: null,
  }),
  (n) => ({
    type: "approving",
    app_id: hex("d", 40),
    hashes: [hashOf(n)],
    via: "api",
    settings: {},
    after: RUN,
    restores: null,
  }),
  (n) => ({
    type: "approved",
    app_id: hex("d", 40),
    hashes: [hashOf(n)],
    via: "api",
    settings: {},
    correlation_id: RUN,
    history_head: null,
  }),
  (n) => ({ type: "verified", app_id: hex("d", 40), hashes: [hashOf(n)] }),
  () => ({ type: "run-finished", outcome: "done", code: null }),
];

function journal(records, version) {
  const lines = [];
  let digest = "";
  for (let n = 0; n < records; n += 1) {
    const fields = ROTATION[n % ROTATION.length](Math.floor(n / ROTATION.length));
    const json = JSON.stringify({
      v: version,
      at: "2026-01-01T00:00:00.000Z",
      run: RUN,
      ...fields,
    });
    if (version === 1) lines.push(json);
    else {
      const before = digest === "" ? "" : `${digest}"}\n`;
      digest = createHash("sha256")
        .update(`${before}${json.slice(0, -1)}`)
        .digest("hex");
      lines.push(`${json.slice(0, -1)},"digest":"${digest}"}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const program = path.join(folder, "read.mjs");
await build({
  stdin: {
    contents: `
      import { stateDirectoryOf } from "./src/state/state-directory.ts";
      import { openJournal } from "./src/state/journal.ts";
      import { readVerifiedState } from "./src/state/verified-state.ts";
      const directory = stateDirectoryOf(process.argv[2], "host", "bird");
      const fresh = process.argv[3] === "run";
      if (fresh) await openJournal(directory, Date.now).append({ type: "run-started", command: "init", pid: 1, host: "h" });
      const before = process.cpuUsage();
      const { record } = await readVerifiedState(directory, "bird", { fresh });
      const { user, system } = process.cpuUsage(before);
      console.log(JSON.stringify({ ms: (user + system) / 1000, approvals: record.approvals.length }));`,
    resolveDir: ROOT,
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: program,
});

function read(stateDir, ...words) {
  const args = [program, stateDir, ...words];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (stderr) throw new Error(stderr);
  return JSON.parse(stdout).ms;
}

// The least: what else runs on the machine only adds to it.
const least = (stateDir) => Math.min(...Array.from({ length: rounds }, () => read(stateDir)));

/** Of the journal as it is, and after a run, which has the lock. */
function measure(name, text) {
  const stateDir = path.join(folder, name);
  mkdirSync(path.join(stateDir, "host", "bird"), { recursive: true });
  if (text) writeFileSync(path.join(stateDir, "host", "bird", "journal.jsonl"), text);
  const first = least(stateDir);
  read(stateDir, "run");
  return { first, later: least(stateDir) };
}

try {
  const none = measure("none", "").first;
  const figures = {};
  for (const version of [1, 2])
    for (const times of [1, 2]) {
      const { first, later } = measure(`v${version}-${times}`, journal(times * RECORDS, version));
      const name = `format ${version}, ${times * RECORDS}`;
      figures[`${name}, first`] = first - none;
      figures[`${name}, later`] = later - none;
    }
  for (const [name, ms] of Object.entries(figures))
    console.log(`${name.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms`);
  for (const version of [1, 2])
    for (const when of ["first", "later"]) {
      const [once, twice] = [1, 2].map(
        (n) => figures[`format ${version}, ${n * RECORDS}, ${when}`],
      );
      const name = `format ${version}, ${when}`;
      if (when === "later") verdict(`${name}: ${RECORDS} records more`, once, MOST_MS, " ms");
      verdict(`${name}: twice as many`, twice / once, MOST_GROWTH, " times");
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
