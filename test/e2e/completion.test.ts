/** Completion in real shells on a terminal: commands, options, values from this machine's record, files. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { makeWorld, type World } from "../helpers/program.ts";
import { WARM_PROGRAM } from "../helpers/program-bin.ts";
import { expectValid } from "../helpers/schemas.ts";
import { startInTerminal, type TerminalSession } from "../helpers/terminal.ts";

const TAB = "\t";
const SHELLS = {
  bash: {
    start: ["bash", "--norc", "--noprofile", "-i"],
    load: "source <(tee-cluster completion bash)",
  },
  zsh: {
    start: ["zsh", "-f", "-i"],
    load: "autoload -U compinit; compinit -u -D; source <(tee-cluster completion zsh)",
  },
  fish: { start: ["fish", "--no-config", "-i"], load: "tee-cluster completion fish | source" },
} as const;

const isInstalled = (shell: string): boolean => spawnSync(shell, ["-c", ":"]).status === 0;

/** The program on PATH, as one that is loaded already: each TAB starts it. And files to complete. */
async function furnish({ folder, env }: World): Promise<Record<string, string>> {
  const bin = path.join(path.dirname(folder), "bin");
  await mkdir(bin);
  await symlink(process.env[WARM_PROGRAM] ?? "", path.join(bin, "tee-cluster"));
  await writeFile(path.join(folder, "watched.yml"), "");
  await mkdir(path.join(folder, "states"));
  return { PATH: `${bin}${path.delimiter}${env["PATH"]}`, PS1: "> " };
}

/** Types, presses TAB until the line has it, and leaves the line as it is. */
async function complete(shell: TerminalSession, typed: string, expected: string): Promise<void> {
  shell.type(typed, TAB);
  await shell.see(expected.trimEnd());
}

test.each(Object.entries(SHELLS))(
  "%s completes commands, values and files",
  async (name, { start, load }) => {
    if (!isInstalled(name)) return;
    const world = await makePreparedWorld();
    const shell = startInTerminal(world, [], await furnish(world), {
      command: start,
      columns: 300,
    });
    shell.type(`${load}\r`, `${load}\r`, "echo lo''aded\r");
    const shown = await shell.see("loaded");
    expect(shown).not.toMatch(/error|readonly|not found/i);
    await complete(shell, "tee-cluster rot", "tee-cluster rotate-hash ");
    await complete(shell, "--clus", "rotate-hash --cluster-name ");
    await complete(shell, "bi", "--cluster-name bird-tracker ");
    await complete(shell, "--instance-type=tdx.l", "--instance-type=tdx.large ");
    await complete(shell, "--attest r", "--attest require ");
    await complete(shell, "--node prod1", "--node prod1");
    await complete(shell, "0", "--node prod10");
    await complete(shell, " --runner-compose wat", "--runner-compose watched.yml ");
    await complete(shell, "--registry-compose=wat", "--registry-compose=watched.yml ");
    await complete(shell, "--state-dir st", "--state-dir states/");
    // What is typed is never evaluated.
    shell.type(" '$(touch evaluated)' $(touch evaluated) --attest o", TAB);
    await shell.see("--attest off");
    expect(existsSync(path.join(world.folder, "evaluated"))).toBe(false);
  },
);

test("what can be completed is answered without a key, and from the record", async () => {
  const world = await makePreparedWorld();
  let run = world.runAnew;
  const ask = async (...words: string[]): Promise<string[]> => {
    const { stdout, stderr } = await run(["complete", "--", ...words], { PHALA_API_KEY: "" });
    expect(stderr).toBe("");
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "");
  };
  // By a process of its own, which loads no more than it needs.
  expect(await ask("hi")).toEqual(["history", ":none"]);
  run = world.run;
  expect(await ask("config", "m")).toEqual(["migrate", ":none"]);
  expect(await ask("status", "--cluster-name", "")).toEqual(["bird-tracker", ":none"]);
  expect(
    await ask("status", "--phala-api-url", "http://127.0.0.1:1", "--cluster-name", ""),
  ).toEqual([":none"]);
  expect(await ask("explain", "registry-unh")).toEqual(["registry-unhealthy", ":none"]);
  expect(await ask("doctor", "--ignore", "image-not")).toEqual(["image-not-pinned", ":none"]);
  expect(await ask("init", "--output", "")).toEqual(["text", "json", "yaml", ":none"]);
  expect(await ask("init", "--approve-via=")).toEqual(["auto", "restart", "api", ":none"]);
  // As bash splits it.
  expect(await ask("init", "--approve-via", "=", "re")).toEqual(["restart", ":none"]);
  expect(await ask("logs", "--tail", "5", "--fo")).toEqual(["--follow", ":none"]);
  expect(await ask("logs", "--follow", "--fo")).toEqual([":none"]);
  expect(await ask("rotate-hash", "--keep", "x", "--kee")).toEqual(["--keep", ":none"]);
  const hashes = await ask("rotate-hash", "--keep", "");
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(await ask("hash", "--explain", "")).toEqual(hashes);
  expect(await ask("init", "--state-dir", "")).toEqual([":folders"]);
  expect(await ask("no-such-command", "x")).toEqual([":none"]);
});

test("nodes are asked for once, where no run has seen them", async () => {
  const world = await makeWorld();
  await mkdir(world.stateDir, { recursive: true });
  const ask = (key: string) =>
    world.run(["complete", "--", "init", "--node", "prod1"], { PHALA_API_KEY: key });
  expect((await ask("")).stdout).toBe(":none");
  expect(world.sandbox.requests()).toHaveLength(0);
  expect((await ask(world.sandbox.apiKey)).stdout).toMatch(
    /^prod10\teu-west\nprod12\tus-east\n:none$/,
  );
  expect(world.sandbox.requests()).toHaveLength(1);
  expect((await ask(world.sandbox.apiKey)).stdout).toContain("prod12");
  expect(world.sandbox.requests()).toHaveLength(1);
});

test("completion: scripts as documents too, and a shell that there is none for", async () => {
  const world = await makeWorld();
  const run = await world.run(["completion", "powershell", "--json"]);
  expect(expectValid("completion", run.stdout)).toMatchObject({ shell: "powershell" });
  expect(await world.run(["completion", "csh"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("bash, zsh, fish, powershell") as string,
  });
});
