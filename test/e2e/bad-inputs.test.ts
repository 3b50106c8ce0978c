/** Every input that is wrong, through the built program: one error with the value and a hint, and nothing made. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { timings } from "../../src/core/results.ts";
import { inputDefinition } from "../../src/inputs/table.ts";
import { InvalidValue } from "../../src/inputs/values.ts";
import { CANARIES, makeWorld, mutationsOf, type Run, type World } from "../helpers/program.ts";
import { BAD_INPUTS, type BadInput } from "../unit/inputs/bad-inputs.ts";
import { CHECKED_CASES, FOLDER, LOCAL_CASES, type BadCase } from "./bad-cases.ts";

const AT_ONCE = 3;
/** Milliseconds. Each test starts many processes: on a machine with other work they take their time. */
const LIMIT = 180_000;

const failureSchema = z.strictObject({
  ok: z.literal(false),
  command: z.string().min(1),
  error: z.strictObject({
    code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
    message: z.string().min(1),
    details: z
      .array(z.strictObject({ message: z.string().min(1), remedy: z.string().min(1) }))
      .min(2)
      .optional(),
    hint: z.string().min(1),
    step: z.string().nullable(),
    explain: z.string().regex(/ explain [a-z-]+$/),
  }),
  // None where the command line itself is wrong.
  timings: timings.optional(),
  left_behind: z.array(z.never()),
});

/**
 * Values that are wrong each for itself are told together, so one run takes one of every input. What contradicts
 * another input is found only when all values are right for themselves, and runs alone.
 */
function valueCases(): BadCase[] {
  const alone = BAD_INPUTS.filter(isRightForItself);
  const rounds: BadInput[][] = [];
  for (const row of BAD_INPUTS.filter((one) => !alone.includes(one))) {
    const free = rounds.find((round) => round.every(({ input }) => input !== row.input));
    if (free) free.push(row);
    else rounds.push([row]);
  }
  return [...alone.map((row) => [row]), ...rounds].map(asCase);
}

function isRightForItself({ input, value }: BadInput): boolean {
  try {
    inputDefinition(input).parse(value);
    return true;
  } catch (error) {
    if (error instanceof InvalidValue) return false;
    throw error;
  }
}

/** Wrong values as a command line or, where one can't be there, as a variable or in a config file. */
function asCase(rows: readonly BadInput[], index: number): BadCase {
  const file = `values-${index}.yml`;
  const args = ["init", "--json", "--yes"];
  const env: Record<string, string | undefined> = {};
  const lines: string[] = [];
  for (const { input, value, variable } of rows) {
    const { flag, variables } = inputDefinition(input);
    const byFlag = variable === undefined && !value.includes("\0");
    if (byFlag) args.push(`--${flag}`, value);
    else for (const name of variables) env[name] = undefined;
    if (variable !== undefined) env[variable] = value;
    else if (!byFlag) lines.push(`${flag}: ${JSON.stringify(value)}`);
  }
  return {
    about: rows.map(({ input, about }) => `${input}: ${about}`).join("; "),
    args: lines.length === 0 ? args : [...args, "--config", file],
    env,
    files: lines.length === 0 ? {} : { [file]: `${lines.join("\n")}\n` },
    exitCode: 2,
    code: "invalid-inputs",
    says: [],
    lines: rows.map(({ says }) => says),
    hint: " ",
    hides: rows.flatMap(({ hides }) => hides ?? []),
  };
}

/** What is not as it must be; empty where all is. */
function deviationsOf(bad: BadCase, run: Run): string[] {
  const all = `${run.stdout}\n${run.stderr}`;
  const secrets = [...Object.values(CANARIES), ...(bad.hides ?? [])];
  const wrong = [
    ...(run.exitCode === bad.exitCode ? [] : [`exit code ${run.exitCode}, not ${bad.exitCode}`]),
    ...(secrets.some((secret) => all.includes(secret)) ? ["a secret is shown"] : []),
    ...(/^\s+at .+:\d+:\d+\)?$/m.test(all) ? ["a stack trace"] : []),
  ];
  const answer = failureSchema.safeParse(parsed(run.stdout));
  if (!answer.success) return [...wrong, `stdout is no failure document: ${all}`];
  const { code, message, hint } = answer.data.error;
  return [
    ...wrong,
    ...(code === bad.code ? [] : [`code ${code}, not ${bad.code}: ${message}`]),
    ...bad.says
      .filter((part) => !message.includes(part))
      .map((part) => `lacks ${part}: ${message}`),
    ...(bad.lines === undefined ? [] : deviatingLines(bad.lines, message.split("\n"))),
    ...[bad.hint]
      .flat()
      .filter((part) => !hint.includes(part))
      .map((part) => `the hint lacks ${part}: ${hint}`),
  ];
}

/** One line a problem, and none besides. */
function deviatingLines(
  expected: readonly (readonly string[])[],
  lines: readonly string[],
): string[] {
  const lacking = expected.filter(
    (parts) => !lines.some((line) => parts.every((part) => line.includes(part))),
  );
  const found = lacking.map((parts) => `no line with ${parts.join(" and ")}: ${lines.join(" | ")}`);
  return lines.length === expected.length
    ? found
    : [...found, `${lines.length} lines: ${lines.join(" | ")}`];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function makeFiles(world: World, cases: readonly BadCase[]): Promise<void> {
  for (const [name, content] of cases.flatMap(({ files }) => Object.entries(files ?? {}))) {
    const place = path.join(world.folder, name);
    if (content === FOLDER) await mkdir(place);
    // A name that two cases share would make one of them test the other's file.
    else await writeFile(place, content, { flag: "wx" });
  }
}

/** Runs all, a few at a time. @returns every deviation, and every mutating request. */
async function deviations(cases: readonly BadCase[]): Promise<string[]> {
  const world = await makeWorld();
  await makeFiles(world, cases);
  const found: string[] = [];
  const waiting = cases.values();
  const work = async (): Promise<void> => {
    for (const bad of waiting) {
      const run = await world.run(bad.args, bad.env ?? {});
      found.push(...deviationsOf(bad, run).map((text) => `${bad.about}: ${text}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return [...found, ...mutationsOf(world.sandbox)];
}

test(
  "values out of range, of the wrong form, or secrets that can't be: exit 2",
  async () => {
    expect(await deviations(valueCases())).toEqual([]);
  },
  LIMIT,
);

test(
  "config files, command lines and missing inputs: exit 2",
  async () => {
    expect(await deviations(LOCAL_CASES)).toEqual([]);
  },
  LIMIT,
);

test(
  "what the checks of step 1 find: exit 3",
  async () => {
    expect(await deviations(CHECKED_CASES)).toEqual([]);
  },
  LIMIT,
);

test("the documents tell how many they are", async () => {
  const text = await readFile(path.join(import.meta.dirname, "../../docs/reliability.md"), "utf8");
  const cases = BAD_INPUTS.length + LOCAL_CASES.length + CHECKED_CASES.length;
  expect(text).toContain(`${cases} cases`);
});

test("help and version are answers; without --json a refusal is on stderr alone", async () => {
  const world = await makeWorld();
  const answers: [string, RegExp][] = [
    ["", /^Usage: tee-cluster \[options\]/],
    ["--help", /^Usage: tee-cluster \[options\]/],
    ["help", /^Usage: tee-cluster \[options\]/],
    ["init --help", /^Examples:\n  tee-cluster init[^]*\nUsage: tee-cluster init \[options\]/],
    ["config", /^Usage: tee-cluster config \[options\] \[command\]/],
    [
      "help config migrate",
      /^Examples:\n  tee-cluster config migrate [^]*\nUsage: tee-cluster config migrate \[options\] \[file\]/,
    ],
    [
      "init --help-all",
      /^Examples:[^]*--watcher-interval[^]*\nDocumentation: \/.*\/docs\/inputs\.md$/,
    ],
    ["sandbox --help-all", /^Examples:[^]*\nUsage: tee-cluster sandbox \[options\]/],
    ["help list --help-all", /^Examples:[^]*--timeout <duration>[^]*\nDocumentation: /],
    ["help topics", /^Pages of the documentation[^]*\n {2}glossary {2,}Glossary\n/],
    ["help glossary", /^# Glossary\n/],
    ["--version", /^\d+\.\d+\.\d+$/],
  ];
  for (const [words, answer] of answers) {
    const run = await world.run(words.split(" ").filter(Boolean));
    expect(run, words).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(answer);
  }
  const refused = await world.runAnew(["inti"]);
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toMatch(/there is no command "inti"\n {2}did you mean: node \S+ init\n/);
  // Both without most of the program.
  for (const [word, answer] of [answers[1], answers.at(-1)].flatMap((it) => (it ? [it] : []))) {
    const run = await world.runAnew([word]);
    expect(run, word).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(answer);
  }
  const helpless = await world.run(["help", "config", "bogus"]);
  expect(helpless).toMatchObject({ exitCode: 2, stdout: "" });
  expect(helpless.stderr).toContain(
    'config has no command "bogus"\n  use one of show, init, migrate, help',
  );
});
