/** What the documents tell people to type, against the program itself: commands, flags, ids, links, workflows. */
import { readdirSync, readFileSync, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { CHECK_IDS } from "../../src/checks/all-checks.ts";
import { allCommands, createProgram } from "../../src/cli/program.ts";
import { INPUTS } from "../../src/inputs/table.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const filesIn = (folder: string, end: string): string[] =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith(end))
    .map((name) => path.join(folder, name));

const DOCUMENTS = ["README.md", "SECURITY.md", ...filesIn("docs", ".md")];
const LINKED = [...filesIn(".", ".md"), ...filesIn("docs", ".md"), ...filesIn("docs/adr", ".md")];
const WORKFLOWS = filesIn("examples/github-actions", ".yml");

type Line = { readonly file: string; readonly text: string };

/** Fenced blocks of one of these languages, and what stands between single backticks. */
function codeIn(file: string): { blocks: string[]; spans: string[]; workflows: string[] } {
  const text = read(file);
  const fences = [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)];
  const of = (language: string): string[] =>
    fences.flatMap(([, name, body]) => (name === language ? [body ?? ""] : []));
  const prose = text.replaceAll(/^```.*?^```/gms, "");
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? "");
  return {
    blocks: of("sh"),
    spans,
    workflows: of("yaml").filter((body) => body.includes("runs-on")),
  };
}

const step = z.looseObject({ run: z.string().optional(), uses: z.string().optional() });
const workflow = z.looseObject({
  name: z.string(),
  on: z.unknown(),
  jobs: z.record(
    z.string(),
    z.looseObject({ "runs-on": z.string(), "timeout-minutes": z.number(), steps: z.array(step) }),
  ),
});

function scriptsOf(text: string): string[] {
  const { jobs } = workflow.parse(parse(text, { strict: true }));
  return Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
}

/** Every command line of `tee-cluster` in a shell script, from the program's name to the end of the command. */
function commandLines(script: string): string[] {
  const commands = script
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .flatMap((line) => line.replace(/(?:^|\s)#.*$/, "").split(/\|\||&&|[|;&]|\bthen\b/));
  return commands.flatMap((command) => {
    const match = /^\s*(?:exec\s+)?(?:npx\s+|\S*\/)?tee-cluster(?=\s|$)(.*)$/.exec(command);
    const words = (match?.[1] ?? "").replace(/\s\d?>>?\s*\S+/g, "").trim();
    // The name alone stands for the program, not for a command.
    return words === "" ? [] : [words];
  });
}

/** Words of a shell command line; quotes are taken off, variables left as they are. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );

function allLines(): Line[] {
  const inDocuments = DOCUMENTS.flatMap((file) => {
    const { blocks, spans, workflows } = codeIn(file);
    return [...blocks, ...spans, ...workflows.flatMap(scriptsOf)]
      .flatMap(commandLines)
      .map((text) => ({ file, text }));
  });
  const inWorkflows = WORKFLOWS.flatMap((file) =>
    scriptsOf(read(file))
      .flatMap(commandLines)
      .map((text) => ({ file, text })),
  );
  return [...inDocuments, ...inWorkflows];
}

/** What the program's own command tree has against a command line; undefined: it would run. */
async function refusal(line: string): Promise<string | undefined> {
  let ran = line.startsWith("help ");
  const words = wordsOf(line);
  const program = createProgram("0.0.0", async () => void (ran = true), words);
  const quiet = { writeOut: () => undefined, writeErr: () => undefined };
  for (const command of allCommands(program)) command.exitOverride().configureOutput(quiet);
  try {
    await program.parseAsync(words, { from: "user" });
    return ran ? undefined : "runs nothing";
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : error.message;
  }
}

describe("command lines", () => {
  const lines = allLines();

  test("are found in the README, in the docs and in the workflows", () => {
    for (const file of ["README.md", "docs/doctor.md", "docs/ci.md", ...WORKFLOWS]) {
      expect(
        lines.some((line) => line.file === file),
        file,
      ).toBe(true);
    }
  });

  test("are ones that the program takes", async () => {
    const refused: string[] = [];
    for (const { file, text } of lines) {
      const message = await refusal(text);
      if (message !== undefined) refused.push(`${file}: tee-cluster ${text}: ${message}`);
    }
    expect(refused).toEqual([]);
  });

  test.each([
    ["npx tee-cluster inti", "unknown command"],
    ["tee-cluster init --clutser-name x", "unknown option"],
    ["exec node_modules/.bin/tee-cluster init now > result.json", "too many arguments"],
    ["A=1; tee-cluster doctor --ignore", "argument missing"],
  ])("%s would be noticed", async (script, message) => {
    const [line = ""] = commandLines(script);
    expect(await refusal(line)).toContain(message);
  });
});

describe("workflows", () => {
  test.each(WORKFLOWS)("%s is one, and gives no secret to a command line", (file) => {
    const text = read(file);
    const scripts = scriptsOf(text);
    expect(scripts.flatMap(commandLines).length).toBeGreaterThan(0);
    expect(scripts.filter((script) => script.includes("secrets."))).toEqual([]);
    const { on } = workflow.parse(parse(text));
    expect(Object.keys(on as object).length).toBe(1);
  });

  test("those that change the cluster share a concurrency group that cancels nothing", () => {
    const groups = WORKFLOWS.filter((file) => /\b(?:init|rotate-hash) --yes/.test(read(file))).map(
      (file) => (parse(read(file)) as { concurrency?: unknown }).concurrency,
    );
    const group = { group: "tee-cluster-bird-tracker", "cancel-in-progress": false };
    expect(groups).toEqual([group, group]);
  });
});

/** Ids of a page's headings, as GitHub makes them. */
function anchorsIn(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutBlocks(text).matchAll(/^#{1,6} (.*)$/gm)) {
    const words = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase();
    const id = words.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    let free = id;
    for (let nth = 1; anchors.has(free); nth += 1) free = `${id}-${nth}`;
    anchors.add(free);
  }
  return anchors;
}

const withoutBlocks = (text: string): string => text.replaceAll(/^```.*?^```/gms, "");

/** What a link of a page has against it; undefined where it leads somewhere. */
function brokenLink(file: string, text: string, link: string): string | undefined {
  const [to = "", anchor] = link.split("#");
  const target = to === "" ? file : path.join(path.dirname(file), to);
  if (target !== file && !existsSync(path.join(ROOT, target)))
    return `${file}: ${link}: no such file`;
  if (anchor === undefined || !target.endsWith(".md")) return undefined;
  const page = target === file ? text : read(target);
  return anchorsIn(page).has(anchor) ? undefined : `${file}: ${link}: no such heading`;
}

const brokenLinks = (file: string, text: string): string[] =>
  [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm)]
    .map(([, inline, reference]) => inline ?? reference ?? "")
    .filter((link) => !/^(?:https?|mailto):/.test(link))
    .flatMap((link) => brokenLink(file, text, link) ?? []);

describe("links between the documents", () => {
  test.each(LINKED)("%s: each leads to a file, and to a heading in it", (file) => {
    expect(brokenLinks(file, read(file))).toEqual([]);
  });

  test("broken ones would be noticed", () => {
    const text =
      "# A `b`: c\n[ok](#a-b-c) [1](#a-b) [2](missing.md) [3](ci.md#nowhere)\n[4]: gone.md\n";
    expect(brokenLinks("docs/new.md", text)).toEqual([
      "docs/new.md: #a-b: no such heading",
      "docs/new.md: missing.md: no such file",
      "docs/new.md: ci.md#nowhere: no such heading",
      "docs/new.md: gone.md: no such file",
    ]);
  });
});

test("docs/doctor.md has every check, docs/compose.md every finding, docs/inputs.md every flag and variable", () => {
  const doctor = read("docs/doctor.md") + read("docs/compose.md");
  expect(CHECK_IDS.filter((id) => !doctor.includes(`\`${id}\``))).toEqual([]);
  const inputs = read("docs/inputs.md");
  const names = INPUTS.flatMap(({ flag, variables }) => [
    ...(flag === undefined ? [] : [flag]),
    ...variables,
  ]);
  expect(names.filter((name) => !inputs.includes(`\`${name}\``))).toEqual([]);
});
