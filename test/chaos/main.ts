/** `npm run chaos`: every fault at every point of every command. See docs/reliability.md. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setup } from "../helpers/global-setup.ts";
import { HELP, readOptions, repeatCommand, type Options } from "./options.ts";
import { measure, sample, trialsOf, type Baseline } from "./plan.ts";
import { buildId, Results } from "./results.ts";
import { runTrials } from "./run-trials.ts";
import { lotsOf, pointsDocument, totals, withTotals } from "./documents.ts";
import { summaryTable, totalsOf } from "./tables.ts";
import type { TrialReport } from "./trial.ts";

const DOCUMENT = "docs/reliability.md";
const POINTS_DOCUMENT = "docs/reliability-chaos.md";

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

async function main(options: Options): Promise<number> {
  const tearDown = await setup();
  try {
    const build = await buildId("dist", fileURLToPath(import.meta.url));
    const file = options.out ?? `node_modules/.cache/chaos/${build}.jsonl`;
    return await tryAll(options, await Results.open(file));
  } finally {
    await tearDown?.();
  }
}

/** @returns the exit code. */
async function tryAll(options: Options, results: Results): Promise<number> {
  const baselines = await baselinesOf(options.commands, results);
  const wanted = baselines.flatMap(trialsOf).filter(options.wants);
  const isLot = options.sample !== undefined || Number.isFinite(options.minutes);
  const chosen = isLot ? sample(wanted, options.sample ?? wanted.length, options.seed) : wanted;
  const open = options.again ? chosen : chosen.filter((trial) => !results.reportOf(trial));
  say(`${chosen.length} trials, ${open.length} of them to be done; results in ${results.file}`);
  let done = 0;
  const onReport = (report: TrialReport): void => {
    done += 1;
    say(`${done}/${open.length} ${inALine(report)}`);
  };
  const signal = interruption();
  const until = performance.now() + options.minutes * 60_000;
  await runTrials(open, { jobs: options.jobs, until, results, signal, onReport });
  if (signal.aborted) return 130;
  const reports = wanted.flatMap((trial) => results.reportOf(trial) ?? []);
  if (options.write) await writeTables(reports, baselines, lotsOf(wanted, reports, options.seed));
  return conclude(reports, baselines);
}

/** A second one ends it at once, and leaves what the trials under way have made. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      say("stopping when the trials under way are over; the same command goes on with the others");
      controller.abort();
    });
  }
  return controller.signal;
}

async function baselinesOf(commands: readonly string[], results: Results): Promise<Baseline[]> {
  const baselines: Baseline[] = [];
  for (const command of commands) {
    const known = results.baselineOf(command);
    const baseline = known ?? (await measure(command));
    if (!known) await results.add({ baseline });
    baselines.push(baseline);
  }
  return baselines;
}

function inALine(report: TrialReport): string {
  const { command, fault, at, point, struck, exitCode, broken } = report;
  const what = `${command}: ${fault} at ${at} ${point}`;
  if (struck === null) return `– ${what}: not reached`;
  const end = exitCode === null ? "killed" : `exit ${exitCode}`;
  const verdict = broken.length === 0 ? "survived" : `BROKEN: ${broken.join("; ")}`;
  return `${broken.length === 0 ? "✓" : "✗"} ${what} (${struck}): ${end}, ${verdict}`;
}

function conclude(reports: readonly TrialReport[], baselines: readonly Baseline[]): number {
  const { survived, tried, notReached } = totalsOf(reports);
  const broken = reports.filter((report) => report.broken.length > 0);
  say(`\n${summaryTable(reports, baselines)}\n`);
  say(`${survived} of ${tried} trials survived; ${notReached} points were not reached.`);
  for (const report of broken) say(`\n${inALine(report)}\n  ${repeatCommand(report)}`);
  return broken.length === 0 ? 0 : 1;
}

/** Totals into the page that explains them, every point into a file of its own. */
async function writeTables(
  reports: readonly TrialReport[],
  baselines: readonly Baseline[],
  lot: string,
): Promise<void> {
  const commit = await runInRepository("git", "describe", "--always", "--dirty", "--exclude=*");
  await writeFile(
    DOCUMENT,
    withTotals(await readFile(DOCUMENT, "utf8"), totals(reports, baselines, { commit, lot })),
  );
  await writeFile(POINTS_DOCUMENT, pointsDocument(reports, baselines, { commit, lot }));
  await runInRepository("node_modules/.bin/oxfmt", DOCUMENT, POINTS_DOCUMENT);
}

async function runInRepository(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args);
  return stdout.trim();
}

const options = readOptions(process.argv.slice(2));
if (options.help) say(HELP);
else process.exitCode = await main(options);
