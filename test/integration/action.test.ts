/** action.yml in a pseudo runner: its steps' shell, with inputs as variables and GITHUB_OUTPUT as a file. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { CANARIES, cloudOf, makeWorld, PROGRAM, type World } from "../helpers/program.ts";
import { WARM_PROGRAM } from "../helpers/program-bin.ts";
import { until } from "../helpers/until.ts";

/** The program, loaded already. */
const LOADED = process.env[WARM_PROGRAM] ?? "";

const step = z.strictObject({
  id: z.string(),
  shell: z.literal("bash"),
  "working-directory": z.string(),
  env: z.record(z.string(), z.string()),
  run: z.string(),
});
const action = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs: z.record(
    z.string(),
    z.strictObject({
      description: z.string(),
      required: z.boolean().optional(),
      default: z.string().optional(),
    }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(step) }),
});

type Inputs = Readonly<Record<string, string>>;
type Outputs = Record<string, string>;

async function readAction() {
  const text = await readFile(path.join(import.meta.dirname, "../../action.yml"), "utf8");
  return action.parse(parse(text, { strict: true }));
}

/** `${{ inputs.NAME }}` and `${{ steps.ID.outputs.NAME }}`; anything else is a mistake of the action's. */
function fillIn(text: string, values: Inputs): string {
  return text.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`action.yml: ${name} is not known`);
    return value;
  });
}

/** Starts the one step of the action as a runner does; `finish` has what the action hands on. */
async function startAction(world: World, given: Inputs) {
  const { inputs, outputs, runs } = await readAction();
  const all = { program: LOADED, "working-directory": world.folder, ...given };
  expect(Object.keys(all).filter((name) => !(name in inputs))).toEqual([]);
  const values: Outputs = {};
  for (const [name, input] of Object.entries(inputs)) {
    const value = (all as Inputs)[name] ?? input.default;
    if (value === undefined) throw new Error(`the input ${name} is required`);
    values[`inputs.${name}`] = value;
  }
  const [only, ...others] = runs.steps;
  if (only === undefined || others.length > 0) throw new Error("the pseudo runner runs one step");
  expect(only.run, "an expression in a script is run by the shell").not.toContain("${{");
  const script = path.join(world.folder, "step.sh");
  const outputFile = path.join(world.folder, "github-output");
  await writeFile(script, only.run);
  await writeFile(outputFile, "");
  const env = Object.fromEntries(
    Object.entries(only.env).map(([name, value]) => [name, fillIn(value, values)]),
  );
  const child = execa("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], {
    cwd: fillIn(only["working-directory"], values),
    env: { ...world.env, ...env, GITHUB_OUTPUT: outputFile, RUNNER_TEMP: world.folder },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    forceKillAfterDelay: false,
  });
  const finish = async () => {
    const { exitCode, stdout, stderr } = await child;
    const lines = (await readFile(outputFile, "utf8")).split("\n").filter(Boolean);
    for (const line of lines) {
      const at = line.indexOf("=");
      values[`steps.${only.id}.outputs.${line.slice(0, at)}`] = line.slice(at + 1);
    }
    const handedOn: Outputs = {};
    for (const [name, { value }] of Object.entries(outputs)) {
      try {
        handedOn[name] = fillIn(value, values);
      } catch {
        // A runner makes an output that was not set the empty string.
        handedOn[name] = "";
      }
    }
    return { exitCode, shown: stdout + stderr, outputs: handedOn };
  };
  return { child, finish };
}

const runAction = async (world: World, given: Inputs) => (await startAction(world, given)).finish();

test("init, then rotate-hash that has nothing to do: the outputs are those of the documents", async () => {
  const world = await makeWorld();
  const args = "--hash-from\nprovision";
  const init = await runAction(world, { command: "init", "cluster-name": "from-input", args });
  expect(init.exitCode, init.shown).toBe(0);
  const { approved } = await cloudOf(world.sandbox, "from-input");
  expect(init.outputs).toMatchObject({
    "exit-code": "0",
    changed: "true",
    runner_compose_hash: approved.at(-1),
    approved_compose_hashes: approved.join(","),
  });

  const reason = 'two words; $(echo run) `by` "no" shell';
  const again = await runAction(world, {
    command: "rotate-hash",
    "cluster-name": "from-input",
    args: `--reason\n${reason}\n`,
  });
  expect(again.exitCode, again.shown).toBe(0);
  expect(again.outputs).toMatchObject({ changed: "false", runner_compose_hash: approved.at(-1) });
  for (const { shown, outputs } of [init, again]) {
    const document = await readFile(outputs["result"] ?? "", "utf8");
    for (const secret of [CANARIES.apiKey, CANARIES.awsSecret]) {
      expect(shown + document + JSON.stringify(outputs)).not.toContain(secret);
    }
  }
});

const documentOf = async ({ result = "" }: Outputs) =>
  JSON.parse(await readFile(result, "utf8")) as { command: string; ok: boolean };

test("a command of two words, in the cluster of the environment; a failure keeps its exit code and its document", async () => {
  const world = await makeWorld();
  const shown = await runAction(world, { command: "config show" });
  expect(shown.exitCode, shown.shown).toBe(0);
  expect((await documentOf(shown.outputs)).command).toBe("config show");

  const failed = await runAction(world, { command: "init", args: "--spawntee-port\nnine" });
  expect(failed.exitCode).toBe(2);
  expect(failed.outputs).toMatchObject({ "exit-code": "2", approved_compose_hashes: "" });
  expect((await documentOf(failed.outputs)).ok).toBe(false);
});

test("a program that is not there, or prints no document, is a failure", async () => {
  const world = await makeWorld();
  const missing = await runAction(world, { command: "init", program: "/nowhere/tee-cluster" });
  expect(missing.exitCode).toBe(127);
  const silent = await runAction(world, { command: "init", program: "true" });
  expect(silent.exitCode).toBe(1);
});

test("cancelled in step 5: the temporary runner is deleted before the step ends", async () => {
  const world = await makeWorld({
    timings: { bootMs: 1500, updateOldServesMs: 150, updateDownMs: 150, updateBootMs: 150 },
  });
  const { child, finish } = await startAction(world, { command: "init", program: PROGRAM });
  await until(async () => (await cloudOf(world.sandbox)).live.includes("bird-tracker-runner-temp"));
  child.kill("SIGINT");
  const { exitCode, outputs } = await finish();
  expect(exitCode).toBe(143);
  expect(outputs["exit-code"]).toBe("143");
  expect((await cloudOf(world.sandbox)).live).toEqual(["bird-tracker-registry"]);
});
