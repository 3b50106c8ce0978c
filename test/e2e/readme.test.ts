/** The README's "Afterwards", word for word in a shell, in the folder of the first minute. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { PROGRAM } from "../helpers/program.ts";

/** The first shell block below a heading of the README. */
async function blockBelow(heading: string): Promise<string> {
  const readme = await readFile(path.join(import.meta.dirname, "../../README.md"), "utf8");
  const [, below = ""] = readme.split(`\n## ${heading}\n`);
  const block = /^```sh\n(.*?)^```/ms.exec(below)?.[1];
  if (block === undefined) throw new Error(`README.md has no shell block below "${heading}"`);
  return block;
}

/** `npx tee-cluster` without npm: the built program, after a line that says which command comes. */
const NPX = `#!/bin/sh
shift
echo "== $*"
exec node ${JSON.stringify(PROGRAM)} "$@"
`;

test("every command of Afterwards works as it is written", async () => {
  const base = await mkdtemp(path.join(tmpdir(), "tee-cluster-readme-"));
  const folder = path.join(base, "work");
  await mkdir(folder);
  await writeFile(path.join(base, "npx"), NPX);
  await chmod(path.join(base, "npx"), 0o755);
  const env = {
    PATH: `${base}:${process.env["PATH"] ?? ""}`,
    HOME: base,
    TMPDIR: base,
    TEE_CLUSTER_POLL_INTERVAL: "50ms",
  };
  const options = { cwd: folder, env, extendEnv: false, reject: false, all: true } as const;
  onTestFinished(async () => {
    await execa("node", [PROGRAM, "sandbox", "stop"], { ...options, stdin: "ignore" });
    await rm(base, { recursive: true, force: true });
  });
  const script = await blockBelow("Afterwards");
  expect(script).toContain("export TEE_CLUSTER_SANDBOX=1");

  const firstMinute = "npx tee-cluster init --sandbox --yes\n";
  const { exitCode, all } = await execa("bash", ["-e", "-c", firstMinute + script], {
    ...options,
    stdin: "ignore",
  });

  expect(exitCode, all).toBe(0);
  const commands = script.split("\n").filter((line) => line.startsWith("npx "));
  expect(all.match(/^== /gm)?.length).toBe(commands.length + 1);
  expect(all).toContain("Cluster sandbox-cluster is destroyed.");
}, 240_000);
