/**
 * Mutation tests: does a test fail when the code is wrong? `npm run mutate`, or of some modules: `npm run mutate -- state`.
 * Prints each module's score and survivors; exit 1 where one is below the goal. How it works: CONTRIBUTING.md.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { instrument } from "./mutation/instrument.js";
import { modules } from "./mutation/modules.js";
import { render, toTryAlone, verdictsOf } from "./mutation/report.js";

const GOAL = 90;
const PARALLEL = 2;
/** Nothing is written for this long only while a loop without end blocks the thread. */
const STUCK_MS = 30_000;

process.chdir(path.resolve(import.meta.dirname, ".."));

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !modules.some((module) => module.name === name));
if (unknown.length > 0) {
  console.error(`no module ${unknown.join(", ")}: ${modules.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const queue = modules.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const readLog = (log) =>
  readFileSync(log, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/**
 * One process of Vitest, until it ends or hangs.
 * @param mode variables for its runner: what to do.
 * @returns "ended", with every test passed; "broken" where it was stopped, as one that hung, or ended otherwise.
 */
function runTests({ tests, without }, folder, mode) {
  const log = path.join(folder, "log.jsonl");
  const output = openSync(path.join(folder, "output.txt"), "a");
  const child = spawn(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config",
      "scripts/mutation/vitest.config.js",
      ...tests,
      ...(without === undefined ? [] : ["--testNamePattern", `^(?!${without})`]),
    ],
    {
      stdio: ["ignore", output, output],
      env: {
        ...process.env,
        MUTATION_SOURCES: path.join(folder, "sources.json"),
        MUTATION_LOG: log,
        ...mode,
      },
    },
  );
  closeSync(output);
  const watch = setInterval(() => {
    if (Date.now() - statSync(log).mtimeMs >= STUCK_MS) child.kill("SIGKILL");
  }, 1000);
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      clearInterval(watch);
      resolve(code === 0 ? "ended" : "broken");
    });
  });
}

/** Runs until every mutant is decided: once, and again where one blocked the thread or has to be tried alone. */
async function decideAll(module, folder, log) {
  const add = (entry) => writeFileSync(log, `${JSON.stringify(entry)}\n`, { flag: "a" });
  if ((await runTests(module, folder, { MUTATION_LOOK: "1" })) !== "ended")
    throw new Error(`the tests fail without any mutant: ${folder}/output.txt`);
  for (;;) {
    const before = readLog(log);
    const alone = toTryAlone(before);
    const how = await runTests(
      module,
      folder,
      alone === undefined ? {} : { MUTATION_ALONE: alone },
    );
    if (how === "ended" && alone === undefined) return;
    if (how === "ended") {
      add({ survived: alone });
      continue;
    }
    const last = readLog(log).slice(before.length).at(-1);
    if (last === undefined)
      throw new Error(`the tests fail or hang between two mutants: ${folder}/output.txt`);
    // A loop without end, or one that took all the memory. Behind a verdict the process has ended itself.
    if (last.start !== undefined) add({ timeout: last.start });
  }
}

async function mutate(module) {
  const started = Date.now();
  const folder = path.resolve("reports/mutation", module.name);
  const log = path.join(folder, "log.jsonl");
  const { sources, mutants } = await instrument(module.files);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "sources.json"), JSON.stringify({ sources }));
  writeFileSync(path.join(folder, "output.txt"), "");
  writeFileSync(log, "");
  await decideAll(module, folder, log);
  return {
    module,
    seconds: (Date.now() - started) / 1000,
    verdicts: verdictsOf(mutants, readLog(log)),
  };
}

let failed = false;
async function work() {
  for (let module = queue.shift(); module !== undefined; module = queue.shift()) {
    const result = await mutate(module);
    failed ||= result.verdicts.score < GOAL;
    console.log(render(result));
  }
}
await Promise.all(Array.from({ length: PARALLEL }, work));
if (failed) console.log(`below the goal of ${GOAL} % of each module`);
process.exitCode = failed ? 1 : 0;
