/** Hints of real failures, run in a shell as they stand. */
import { appendFile, copyFile, mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, failureIn, makeWorld, type Run, type World } from "../helpers/program.ts";
import { WARM_PROGRAM } from "../helpers/program-bin.ts";

/** What stands behind the last colon-and-blank before the program's name. */
function commandIn({ stdout }: Pick<Run, "stdout">, name = "tee-cluster"): string {
  const hint = failureIn(stdout).error.hint ?? "";
  return hint.slice(hint.indexOf(`${name} `)).split(";")[0] ?? "";
}

/** Where the program is on PATH, as one that is loaded already. */
async function inShell(world: World, line: string) {
  const bin = path.join(path.dirname(world.folder), "bin");
  await mkdir(bin, { recursive: true });
  const link = path.join(bin, "tee-cluster");
  await symlink(process.env[WARM_PROGRAM] ?? "", link).catch(() => undefined);
  return execa("/bin/sh", ["-c", line], {
    cwd: world.folder,
    env: { ...world.env, PATH: `${bin}${path.delimiter}${world.env["PATH"]}` },
    extendEnv: false,
    reject: false,
  });
}

test("a registry that is not there: the command that makes it; where that fails: the very command again, with its flags", async () => {
  const world = await makeWorld();
  world.sandbox.setFaults([
    { method: "POST", path: "/cvms/provision$", times: 1, action: { kind: "status", status: 400 } },
  ]);
  const missing = await world.run(["rotate-hash", "--json", "--cluster-name", "owl-tracker"]);
  expect(commandIn(missing)).toBe("tee-cluster init --cluster-name owl-tracker");
  const first = `${commandIn(missing)} --json --hash-from provision --crunch 'owls=the owl'\\''s crunch'`;
  const failed = await inShell(world, first);
  expect(failed.exitCode).toBe(4);
  expect(commandIn(failed)).toMatch(
    /^tee-cluster init --cluster-name owl-tracker --json --hash-from provision --crunch /,
  );
  const again = await inShell(world, commandIn(failed));
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, cluster: "owl-tracker" });
  expect((await cloudOf(world.sandbox, "owl-tracker")).registriesEverMade).toBe(1);
});

test("a wrong flag's value: the help of that command, as the program was called", async () => {
  const world = await makeWorld();
  const run = await world.runAnew(["init", "--json", "--spawntee-port", "x"]);
  expect(run.exitCode).toBe(2);
  const help = await inShell(world, commandIn(run, "node"));
  expect(help.exitCode).toBe(0);
  expect(help.stdout).toContain("--spawntee-port");
});

test("a finding of status: its remedy is for the files that status was given", async () => {
  const world = await makePreparedWorld();
  const file = path.join(world.folder, "changed.yml");
  await copyFile(world.env["TEE_CLUSTER_RUNNER_COMPOSE"] ?? "", file);
  await appendFile(file, "# changed\n");
  const run = await world.run(["status", "--json", "--runner-compose", "changed.yml"]);
  const { findings } = JSON.parse(run.stdout) as { findings: { code: string; remedy: string }[] };
  const finding = findings.find(({ code }) => code === "runner-compose-not-approved");
  expect(finding?.remedy).toBe("tee-cluster rotate-hash --runner-compose changed.yml");
  const rotated = await inShell(world, `${finding?.remedy} --json --hash-from provision`);
  expect(JSON.parse(rotated.stdout)).toMatchObject({ ok: true, changed: true });
});
