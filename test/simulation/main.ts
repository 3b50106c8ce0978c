/** `npm run simulate`: random histories, and what they broke. See docs/reliability.md. */
import { fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as fc from "fast-check";
import { history, historyOf, parametersOf, type History } from "./history.ts";
import { PLANTED } from "./planted.ts";
import { brokenPromises, renderHistory } from "./render.ts";
import { searchBug } from "./search.ts";
import { Simulation } from "./simulate.ts";

const HELP = `npm run simulate -- [--runs N] [--seed S] [--jobs J] [--history JSON]

  --runs     histories (10000)
  --seed     of the first one; each history has a seed of its own (random)
  --jobs     processes (2)
  --history  plays this one, and shows every event of its runs
  --plant    with a bug on purpose (? lists them); ends at the first history that finds it
  --planted  looks for each of those bugs from --seed on, in --runs histories at most`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    seed: { type: "string" },
    jobs: { type: "string", default: "2" },
    history: { type: "string" },
    plant: { type: "string" },
    planted: { type: "boolean", default: false },
    worker: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

type Finding = {
  readonly seed: number;
  readonly history: History;
  readonly broken: readonly string[];
};

/** What says nothing of a history. */
const DULL: ReadonlySet<string> = new Set(["check-finished", "step-progress"]);

const fixtures = path.resolve("fixtures/compose");
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

const plant = values.plant === undefined ? undefined : PLANTED[values.plant];
const options = plant === undefined ? {} : { plant };

async function playAll(
  seeds: readonly number[],
  onFinding: (finding: Finding) => void,
): Promise<void> {
  const simulation = new Simulation(fixtures);
  try {
    for (const seed of seeds) {
      const finding = await tryOne(simulation, seed);
      if (finding) onFinding(finding);
      if (finding && plant) return void say(`found after ${seeds.indexOf(seed) + 1} histories`);
    }
  } finally {
    simulation.close();
  }
}

async function tryOne(simulation: Simulation, seed: number): Promise<Finding | undefined> {
  const played = await simulation.play(historyOf(seed), options).catch((error: unknown) => {
    throw new Error(`seed ${seed}: ${JSON.stringify(historyOf(seed))}`, { cause: error });
  });
  const first = brokenPromises(played);
  if (first.length === 0) return undefined;
  const property = fc.asyncProperty(history, async (tried) => {
    const broken = brokenPromises(await simulation.play(tried, options));
    if (broken.length > 0) throw new Error(broken.join("\n"));
  });
  const details = await fc.check(property, parametersOf(seed));
  const shrunk = details.counterexample?.[0] ?? historyOf(seed);
  return { seed, history: shrunk, broken: brokenPromises(await simulation.play(shrunk, options)) };
}

async function showOne(text: string): Promise<void> {
  const simulation = new Simulation(fixtures);
  const told = JSON.parse(text) as History;
  const { world, ...played } = await simulation.play(told, {
    ...options,
    watch: (made) => {
      made.onEvent = (op, event) =>
        !DULL.has(event.type) &&
        say(`${(made.time.now / 1000).toFixed(1)}s op${op} ${JSON.stringify(event)}`);
    },
  });
  for (const { run, exitCode, failure, leftBehind } of played.reports)
    say(
      `op${run.op} ${run.command}: exit ${exitCode} ${failure?.code ?? ""} ${failure?.message ?? ""} ${JSON.stringify(leftBehind)}`,
    );
  for (const { at, by, what, vm } of world.cloud.changes)
    say(`${(at / 1000).toFixed(1)}s ${by.who} ${what} ${vm.name} ${vm.appId.slice(0, 6)}`);
  say(brokenPromises(played).join("\n") || "nothing is broken");
  simulation.close();
}

/** As a table. @returns the exit code. */
async function searchAll(): Promise<number> {
  const first = Number(values.seed ?? 1);
  say("| bug | histories until found | seed | promise |\n| --- | --- | --- | --- |");
  const simulation = new Simulation(fixtures);
  let missed = 0;
  for (const bug of Object.keys(PLANTED)) {
    const found = await searchBug(simulation, bug, { first, most: Number(values.runs) });
    if (found.seed === undefined) missed += 1;
    const promises = new Set(found.broken.map((text) => text.split(":")[0]));
    say(
      `| ${bug} | ${found.seed === undefined ? `not in ${found.histories}` : found.histories} | ${found.seed ?? ""} | ${[...promises].join(", ")} |`,
    );
  }
  simulation.close();
  return missed === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const started = performance.now();
  const runs = Number(values.runs);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  const jobs = Number(values.jobs);
  say(`${runs} histories from seed ${seed}`);
  const findings: Finding[] = [];
  const onFinding = (finding: Finding): void => {
    findings.push(finding);
    say(renderHistory(finding.seed, finding.history, finding.broken));
  };
  const children = Array.from({ length: jobs }, (_, job) => {
    const own = Array.from({ length: runs }, (__, index) => seed + index).filter(
      (one) => one % jobs === job,
    );
    const child = fork(
      fileURLToPath(import.meta.url),
      ["--worker", "yes", ...(values.plant === undefined ? [] : ["--plant", values.plant])],
      { serialization: "json" },
    );
    child.send(own);
    child.on("message", onFinding);
    return new Promise<number | null>((resolve) => child.on("exit", resolve));
  });
  const codes = await Promise.all(children);
  const minutes = (performance.now() - started) / 60_000;
  say(
    `${runs} histories in ${minutes.toFixed(1)} min, ${Math.round(runs / minutes)} a minute: ${findings.length} broke a promise`,
  );
  return findings.length === 0 && codes.every((code) => code === 0) ? 0 : 1;
}

if (values.help) say(HELP);
else if (values.plant !== undefined && plant === undefined) say(Object.keys(PLANTED).join("\n"));
else if (values.planted) process.exitCode = await searchAll();
else if (values.history !== undefined) await showOne(values.history);
else if (values.worker !== undefined)
  process.once("message", (seeds: number[]) => {
    void playAll(seeds, (finding) => process.send?.(finding)).then(() => process.disconnect());
  });
else process.exitCode = await main();
