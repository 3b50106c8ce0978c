/** `npm run simulate`: random histories, and what they broke. See docs/reliability.md. */
import { fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chooseSeeds } from "./choose.ts";
import { historyOf } from "./generate.ts";
import type { History } from "./history.ts";
import { PLANTED } from "./planted.ts";
import { brokenPromises, readHistory, renderHistory } from "./render.ts";
import { searchBug, shrinkBug } from "./search.ts";
import { shrink } from "./shrink.ts";
import { Simulation } from "./simulate.ts";

const HELP = `npm run simulate -- [--runs N] [--seed S] [--jobs J] [--history JSON]

  --runs     histories (10000)
  --seed     of the first one; each history has a seed of its own (random)
  --jobs     processes (2)

  --history  plays this one, and shows every event of its runs
  --plant    with a bug on purpose (? lists them); ends at the first history that finds it
  --bugs     looks for each of those bugs (or the one of --plant) from --seed on, in --runs histories at most,
             and prints how many it took and, shrunk, the history that shows it
  --choose   so many of --runs histories from --seed on that reach most of the program: what the suite plays`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    seed: { type: "string" },
    jobs: { type: "string", default: "2" },
    ends: { type: "boolean", default: false },
    history: { type: "string" },
    plant: { type: "string" },
    bugs: { type: "boolean", default: false },
    choose: { type: "string" },
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
  const broken = async (tried: History): Promise<readonly string[]> =>
    brokenPromises(await simulation.play(tried, options));
  const shrunk = await shrink(seed, async (tried) => (await broken(tried)).length > 0);
  return { seed, history: shrunk, broken: await broken(shrunk) };
}

async function showOne(text: string): Promise<void> {
  const simulation = new Simulation(fixtures);
  const told = readHistory(text);
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

/** As a table, and the histories below it. @returns the exit code. */
async function searchAll(): Promise<number> {
  const first = Number(values.seed ?? 1);
  const most = Number(values.runs);
  say("| bug | histories until found | seed | promise |\n| --- | --- | --- | --- |");
  const simulation = new Simulation(fixtures);
  const shown: string[] = [];
  const bugs = values.plant === undefined ? Object.keys(PLANTED) : [values.plant];
  for (const bug of bugs) {
    const { seed, histories, broken } = await searchBug(simulation, bug, { first, most });
    const promises = [...new Set(broken.map((text) => text.split(":")[0]))].join(", ");
    const count = seed === undefined ? `not in ${histories}` : histories;
    say(`| ${bug} | ${count} | ${seed ?? ""} | ${promises} |`);
    if (seed === undefined) continue;
    const shrunk = await shrinkBug(simulation, bug, { seed });
    shown.push(`${bug}\n${renderHistory(seed, shrunk, broken)}`);
  }
  simulation.close();
  say(["", ...shown].join("\n"));
  return shown.length === bugs.length ? 0 : 1;
}

async function choose(most: number): Promise<void> {
  const first = Number(values.seed ?? 1);
  const simulation = new Simulation(fixtures);
  const tried = Array.from({ length: Number(values.runs) }, (_, index) => first + index);
  const { seeds, reached, ofAll } = await chooseSeeds(simulation, tried, most);
  simulation.close();
  say(
    `${seeds.length} histories reach ${reached} of ${ofAll} blocks and ends:\n${seeds.join(" ")}`,
  );
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
else if (values.choose !== undefined) await choose(Number(values.choose));
else if (values.bugs) process.exitCode = await searchAll();
else if (values.history !== undefined) await showOne(values.history);
else if (values.worker !== undefined)
  process.once("message", (seeds: number[]) => {
    void playAll(seeds, (finding) => process.send?.(finding)).then(() => process.disconnect());
  });
else process.exitCode = await main();
