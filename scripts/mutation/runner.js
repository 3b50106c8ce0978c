/**
 * Runs each test once as it is, to see which mutants it reaches, and at once again for each of those that still lives.
 * Everything stays loaded: a mutant costs what its tests cost. What happens is appended to the log that the driver reads.
 */
import { appendFileSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { TestRunner } from "vitest";

const LOG = process.env["MUTATION_LOG"];
/** The first time the tests only show what they reach and how long they take. */
const LOOKS_ONLY = process.env["MUTATION_LOOK"] !== undefined;
/** The one mutant to try, in a process that no other has touched. */
const ALONE = process.env["MUTATION_ALONE"];
/** Where the instrumented sources keep their switch and their counts: a constant of Stryker. */
const NAMESPACE = "__stryker__";
const HIT_FACTOR = 100;

// The same verdict each time; few runs, for each is run again per mutant; no counterexample is made small, nobody reads it.
fc.configureGlobal({ seed: 1, endOnFailure: true, numRuns: 5 });

const write = (entry) => appendFileSync(LOG, `${JSON.stringify(entry)}\n`);

const entries = readFileSync(LOG, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const decided = new Set(
  entries.flatMap(({ killed, timeout, alone }) => killed ?? timeout ?? alone ?? []),
);
const durations = new Map(
  entries.flatMap(({ test, ms }) => (ms === undefined ? [] : [[test, ms]])),
);
const isToTry = (id) => (ALONE === undefined ? !decided.has(id) : id === ALONE);

const state = (globalThis[NAMESPACE] ??= {});

/** Generous, for a machine with other work: few mutants wait for ever, and a loop without end hits the limit of its count. */
const limitOf = (duration) => 10_000 + 10 * duration;

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
    const started = performance.now();
    await TestRunner.getTestFn(test)();
    super.onAfterTryTask(test);
    const duration = performance.now() - started;
    const reached = state.mutantCoverage?.perTest[test.id] ?? {};
    state.currentTestId = "again";
    if (LOOKS_ONLY) write({ reached: Object.keys(reached), test: nameOf(test), ms: duration });
    const living = LOOKS_ONLY ? [] : Object.keys(reached).filter(isToTry);
    for (const id of living)
      await this.#judge(test, id, HIT_FACTOR * reached[id], limitOf(duration));
    if (living.length > 0) await this.#leaveAndEnter(test);
    delete state.mutantCoverage?.perTest[test.id];
  }

  onAfterRunTask(test) {
    state.currentTestId = undefined;
    return super.onAfterRunTask(test);
  }

  async #judge(test, id, hitLimit, timeLimit) {
    write({ start: id });
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
    const suites = [];
    for (let suite = test.suite ?? test.file; suite; suite = suite.suite) suites.push(suite);
    if (suites.at(-1) !== test.file) suites.push(test.file);
    for (const suite of suites)
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach) await hook(test.context, suite);
    for (const hook of ended.toReversed()) await hook(test.context);
    for (const suite of suites.toReversed())
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach)
        await hook(test.context, suite);
  }

  onAfterRunFiles(...files) {
    write({ fixed: Object.keys(state.mutantCoverage?.static ?? {}) });
    return super.onAfterRunFiles(...files);
  }
}

const timeOf = (task) =>
  task.type === "test"
    ? (durations.get(nameOf(task)) ?? 0)
    : Math.max(0, ...task.tasks.map((inner) => timeOf(inner)));

function sortTasks(suite) {
  for (const task of suite.tasks) if (task.type === "suite") sortTasks(task);
  suite.tasks.sort((a, b) => timeOf(a) - timeOf(b));
}

const nameOf = (test) => [...namesAbove(test), test.name].join(" > ");
function namesAbove(test) {
  const names = [];
  for (let suite = test.suite; suite && suite !== test.file; suite = suite.suite)
    names.unshift(suite.name);
  return [test.file.name, ...names];
}
