/** The score of each module in the report of the mutation tests, and its survivors. Exit 1 where one is below the goal. */
import { readFileSync } from "node:fs";
import { modules } from "./mutated-modules.js";

const GOAL = 90;
const KILLED = new Set(["Killed", "Timeout"]);
const ALIVE = new Set(["Survived", "NoCoverage"]);

const report = JSON.parse(readFileSync("reports/mutation/mutation.json", "utf8"));
const mutantsOf = (path) =>
  (report.files[path]?.mutants ?? []).map((mutant) => ({ ...mutant, path }));

let failed = false;
for (const { name, files } of modules) {
  const mutants = files.flatMap(mutantsOf);
  const killed = mutants.filter(({ status }) => KILLED.has(status)).length;
  const alive = mutants.filter(({ status }) => ALIVE.has(status));
  const all = killed + alive.length;
  if (all === 0) continue;
  const score = (100 * killed) / all;
  failed ||= score < GOAL;
  console.log(`${name}: ${killed} of ${all} killed (${score.toFixed(1)} %)`);
  for (const { path, location, mutatorName, replacement, status } of alive)
    console.log(
      `  ${path}:${location.start.line}:${location.start.column} ${mutatorName} -> ${replacement} (${status})`,
    );
}
if (failed) console.log(`below the goal of ${GOAL} % of each module`);
process.exitCode = failed ? 1 : 0;
