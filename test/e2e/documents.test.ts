/** Every shell block of README.md and docs/, word for word in bash, page by page, against a sandbox. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { blocksOf, pages, type Block } from "../helpers/documents.ts";
import { warmPhalaBin } from "../helpers/phala-bin.ts";
import { processesOf } from "../helpers/processes.ts";
import { PROGRAM, WARM_PROGRAM } from "../helpers/program-bin.ts";
import { until } from "../helpers/until.ts";

const ALL = (await Promise.all((await pages()).map(blocksOf))).flat();
const RUN = ALL.filter(({ notRun }) => notRun === undefined);
const on = (page: string, blocks: readonly Block[]): readonly Block[] =>
  blocks.filter((block) => block.page === page);
const pagesOf = (blocks: readonly Block[]): readonly string[] => [
  ...new Set(blocks.map(({ page }) => page)),
];

/** These tell a story from an empty machine on, as far as they don't say that they are about a cluster. */
const STORIES: ReadonlySet<string> = new Set(["README.md", "docs/sandbox.md"]);
const isOfStory = ({ page, aboutCluster }: Block): boolean => STORIES.has(page) && !aboutCluster;
const ALONE = RUN.filter(isOfStory);
/** The others are about a cluster that is set up; those that end it come last. */
const SHARED = RUN.filter((block) => !isOfStory(block));
const LAST = ["README.md", "docs/destroy.md"];
/** What this page sets stays with its cluster. */
const OWN_CLUSTER: ReadonlySet<string> = new Set(["docs/inputs.md"]);

type Machine = { readonly base: string; readonly env: Readonly<Record<string, string>> };

const WARM = process.env[WARM_PROGRAM] ?? "";

/** Without npm: the built program, loaded already, the phala of this repository, and packages that are installed. */
const STAND_INS: Readonly<Record<string, string>> = {
  // A sandbox in the background is a process of its own, made of the one that starts it.
  "tee-cluster": `case "$1 $2" in "sandbox start") exec node '${PROGRAM}' "$@" ;; *) exec '${WARM}' "$@" ;; esac`,
  phala: `exec '${warmPhalaBin()}' "$@"`,
  npx: 'exec "$@"',
  npm: '[ "$*" = ci ]',
};

async function newMachine(): Promise<Machine> {
  const base = await mkdtemp(path.join(tmpdir(), "tee-cluster-documents-"));
  const bin = path.join(base, "bin");
  await mkdir(bin);
  for (const [name, script] of Object.entries(STAND_INS)) {
    await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(bin, name), 0o755);
  }
  const env = {
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    HOME: base,
    TMPDIR: base,
    PHALA_BIN: warmPhalaBin(),
    TEE_CLUSTER_POLL_INTERVAL: "50ms",
  };
  return { base, env };
}

async function removeMachine({ base, env }: Machine): Promise<void> {
  await execa(WARM, ["sandbox", "stop"], { env, extendEnv: false, reject: false });
  // At its end the sandbox still writes what was compiled of the program.
  await until(async () => (await processesOf({ env })).length === 0);
  await rm(base, { recursive: true, force: true });
}

/** One shell for a whole page, as a reader has one. */
function scriptOf(blocks: readonly Block[]): string {
  const parts = blocks.map(({ page, line, script, first = "", exit, ownShell }) => {
    const body = ownShell ? `bash -e <<'OWN_SHELL'\n${script}OWN_SHELL\n` : script;
    const checked = exit === 0 ? body : `set +e\n${body}code=$?\nset -e\n[ "$code" = ${exit} ]\n`;
    return `${first}\necho "== ${page}:${line}"\n${checked}`;
  });
  return `set -e\n${parts.join("\n")}\necho "== end"\n`;
}

/** @returns its last line, `== end`; all of it where something fails. */
async function runPage(
  blocks: readonly Block[],
  page: string,
  { base, env }: Machine,
  change = {},
): Promise<string> {
  const cwd = path.join(base, "work", path.basename(page, ".md"));
  await mkdir(cwd, { recursive: true });
  const { exitCode, all } = await execa("bash", ["-c", scriptOf(on(page, blocks))], {
    cwd,
    env: { ...env, ...change },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: "ignore",
  });
  // What goes to stderr may come after it.
  return exitCode === 0 && all.includes("\n== end") ? "== end" : all;
}

test("blocks that are not run say why", () => {
  const reasons = ALL.flatMap(({ page, script, notRun }) =>
    notRun === undefined ? [] : [`${page}: ${script.split("\n")[0]}: ${notRun}`],
  );
  expect(reasons).toMatchInlineSnapshot(`
    [
      "README.md: npm ci && npm test: it runs this test, too",
      "README.md: npm ci && npm link: it installs globally; test/e2e/package.test.ts installs the package",
      "README.md: export PHALA_API_KEY=...: it would create a real cluster",
      "docs/attestation.md: tee-cluster sandbox --lie debug-td: it runs until Ctrl-C",
      "docs/completion.md: tee-cluster completion zsh > "\${fpath[1]}/_tee-cluster": these are for zsh and for PowerShell",
      "docs/logs.md: tee-cluster logs --follow: it runs until Ctrl-C",
      "docs/reliability.md: npm run chaos                                       # everything: about fifty minutes on two cores: it takes from minutes to an hour",
      "docs/reliability.md: npm run simulate -- --runs 10000 --seed 1    # prints each failing seed with its shrunk history: it takes from minutes to an hour",
      "docs/status.md: tee-cluster status --watch     # again every 5 s: it runs until Ctrl-C",
    ]
  `);
});

test.each(pagesOf(ALONE))("%s, on a machine of its own", async (page) => {
  const machine = await newMachine();
  onTestFinished(() => removeMachine(machine));
  expect(await runPage(ALONE, page, machine)).toBe("== end");
});

describe("pages about a cluster", () => {
  let machine: Machine;
  const SANDBOX = { TEE_CLUSTER_SANDBOX: "1", TEE_CLUSTER_NAME: "bird-tracker" };

  beforeAll(async () => {
    machine = await newMachine();
    const options = { env: { ...machine.env, ...SANDBOX }, extendEnv: false, cwd: machine.base };
    const quick = ["--boot-time", "250ms", "--update-time", "300ms"];
    await execa("node", [PROGRAM, "sandbox", "start", ...quick], options);
    await execa(WARM, ["init", "--yes"], options);
  });
  afterAll(() => removeMachine(machine));

  const inOrder = pagesOf(SHARED).toSorted((a, b) => LAST.indexOf(a) - LAST.indexOf(b));
  test.each(inOrder)("%s", async (page) => {
    const name = OWN_CLUSTER.has(page) ? "owl-tracker" : SANDBOX.TEE_CLUSTER_NAME;
    const change = { ...SANDBOX, TEE_CLUSTER_NAME: name };
    expect(await runPage(SHARED, page, machine, change)).toBe("== end");
  });
});
