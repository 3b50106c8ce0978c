/**
 * The first time (MUTATION_LOOK) it runs each test as it is, and notes which mutants the test reaches. Then it runs each
 * once for every mutant that it reaches and that still lives. Everything stays loaded: a mutant costs what its tests cost.
 * What happens is appended to the log, which the driver reads.
 */
import { appendFileSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { TestRunner } from "vitest";

const LOG = process.env["MUTATION_LOG"];
const LOOKS_ONLY = process.env["MUTATION_LOOK"] !== undefined;
/** The one mutant to try, in a process that no other has touched. */
const ALONE = process.env["MUTATION_ALONE"];
/** Where the instrumented sources keep their switch and their counts: a constant of Stryker. */
const NAMESPACE = "__stryker__";
/** So many times more often than without it a mutant may be run through: beyond it is a loop without end. */
const HIT_FACTOR = 20;

// The same verdict each time, and none spent on shrinking a counterexample that nobody reads.
fc.configureGlobal({ seed: 1, endOnFailure: true });

const write = (entry) => appendFileSync(LOG, `${JSON.stringify(entry)}\n`);

const entries = readFileSync(LOG, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const decided = new Set(
  entries.flatMap(({ killed, timeout, alone }) => killed ?? timeout ?? alone ?? []),
);
/** By the id of the test: how often it runs through each mutant that it reaches, and how long it takes. */
const looks = new Map(entries.flatMap(({ look }) => (look === undefined ? [] : [[look.id, look]])));
/** What was tried before the process had to be started again. */
const tried = new Set(
  entries.flatMap(({ start, by }) => (by === undefined ? [] : `${by} ${start}`)),
);
const isToTry = (id, test) =>
  ALONE === undefined ? !decided.has(id) && !tried.has(`${test.id} ${id}`) : id === ALONE;

const state = (globalThis[NAMESPACE] ??= {});
state.counts = LOOKS_ONLY;

/** Generous, for a machine with other work: few mutants wait for ever, and a loop without end hits the limit of its count. */
const limitOf = (ms) => 10_000 + 10 * ms;

export default class MutationRunner extends TestRunner {
  /** The fastest first: a mutant that they kill costs the slow ones nothing. */
  onBeforeRunFiles(files) {
    for (const file of files) sortTasks(file);
  }

  onBeforeTryTask(test, ...rest) {
    state.currentTestId = test.id;
    return super.onBeforeTryTask(test, ...rest);
  }

  /** Between `beforeEach` and `afterEach` of the test, which surround each further run too. */
  async runTask(test) {
    if (LOOKS_ONLY) return this.#look(test);
    const { reached = {}, ms } = looks.get(test.id) ?? {};
    const living = Object.keys(reached).filter((id) => isToTry(id, test));
    for (const id of living) await this.#judge(test, id, HIT_FACTOR * reached[id], limitOf(ms));
    if (living.length > 0) await this.#leaveAndEnter(test);
  }

  async #look(test) {
    const started = performance.now();
    await TestRunner.getTestFn(test)();
    const ms = performance.now() - started;
    const reached = state.mutantCoverage?.perTest[test.id] ?? {};
    write({ look: { id: test.id, reached, ms } });
  }

  onAfterRunTask(test) {
    state.currentTestId = undefined;
    return super.onAfterRunTask(test);
  }

  async #judge(test, id, hitLimit, timeLimit) {
    write({ start: id, by: test.id });
    Object.assign(state, { activeMutant: id, hitCount: 0, hitLimit });
    const verdict = await this.#runAgain(test, timeLimit);
    Object.assign(state, { activeMutant: undefined, hitCount: undefined });
    if (verdict === "passed") return;
    decided.add(id);
    const healthy = ALONE !== undefined || (await this.#runAgain(test, 4 * timeLimit)) === "passed";
    // What the mutant, or one before it, left behind fails the test: it has to be tried in a process of its own.
    const kind = healthy ? (verdict === "timeout" ? "timeout" : "killed") : "alone";
    write({ [kind]: id, test: nameOf(test) });
    if (!healthy || ALONE !== undefined) process.kill(process.pid, "SIGKILL");
  }

  /** @returns "passed" | "failed" | "timeout" */
  async #runAgain(test, timeLimit) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, timeLimit, "timeout");
    });
    try {
      return await Promise.race([this.#try(test), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #try(test) {
    try {
      await this.#leaveAndEnter(test);
      super.onBeforeTryTask(test);
      await TestRunner.getTestFn(test)();
      super.onAfterTryTask(test);
      return test.result.state === "fail" ? "failed" : "passed";
    } catch {
      return "failed";
    } finally {
      test.result.state = "run";
      test.result.errors = undefined;
    }
  }

  /** The end of one run of a test and the start of the next. */
  async #leaveAndEnter(test) {
    const ended = test.onFinished ?? [];
    test.onFinished = [];
    test.onFailed = [];
    const suites = suitesOf(test);
    for (const suite of suites)
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach) await hook(test.context, suite);
    for (const hook of ended.toReversed()) await hook(test.context);
    for (const suite of suites.toReversed())
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach)
        await hook(test.context, suite);
  }

  onAfterRunFiles(...files) {
    if (LOOKS_ONLY) write({ fixed: Object.keys(state.mutantCoverage?.static ?? {}) });
    return super.onAfterRunFiles(...files);
  }
}

/** From the innermost to the file. */
function suitesOf(test) {
  const suites = [];
  for (let { suite } = test; suite && suite !== test.file; { suite } = suite) suites.push(suite);
  return [...suites, test.file];
}

const nameOf = (test) =>
  [test, ...suitesOf(test)]
    .map(({ name }) => name)
    .toReversed()
    .join(" > ");

const timeOf = (task) =>
  task.type === "test"
    ? (looks.get(task.id)?.ms ?? 0)
    : Math.max(0, ...task.tasks.map((inner) => timeOf(inner)));

function sortTasks(suite) {
  for (const task of suite.tasks) if (task.type === "suite") sortTasks(task);
  suite.tasks.sort((a, b) => timeOf(a) - timeOf(b));
}
