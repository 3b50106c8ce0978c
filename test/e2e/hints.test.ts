/** Hints of real failures, run in a shell as they stand. */
import { appendFile, copyFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { cloudOf, failureIn, makeWorld, type Run, type World } from "../helpers/program.ts";

/** What stands behind the last colon-and-blank before the program's name. */
function commandIn(run: Run): string {
  const hint = failureIn(run.stdout).error.hint ?? "";
  return hint.slice(hint.indexOf("node ")).split(";")[0] ?? "";
}

const inShell = (world: World, line: string) =>
  execa("/bin/sh", ["-c", line], {
    cwd: world.folder,
    env: world.env,
    extendEnv: false,
    reject: false,
  });

test("a registry that is not there: the command that makes it, for the cluster of the flag", async () => {
  const world = await makeWorld();
  const run = await world.runAnew(["rotate-hash", "--json", "--cluster-name", "owl-tracker"]);
  expect(commandIn(run)).toMatch(/^node \S+ init --cluster-name owl-tracker$/);
  expect((await inShell(world, commandIn(run))).exitCode).toBe(0);
  expect((await cloudOf(world.sandbox, "owl-tracker")).registriesEverMade).toBe(1);
});

test("run it again: the very command, with its flags", async () => {
  const world = await makeWorld();
  world.sandbox.setFaults([
    { method: "POST", path: "/cvms/provision$", times: 1, action: { kind: "status", status: 400 } },
  ]);
  const args = [
    "init",
    "--json",
    "--cluster-name",
    "owl-tracker",
    "--crunch",
    "owls=the owl's crunch",
  ];
  const run = await world.runAnew(args);
  expect(run.exitCode).toBe(4);
  const line = commandIn(run);
  expect(line).toMatch(/^node \S+ init --json --cluster-name owl-tracker --crunch /);
  const again = await inShell(world, line);
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, cluster: "owl-tracker" });
});

test("a wrong flag's value: the help of that command", async () => {
  const world = await makeWorld();
  const run = await world.runAnew(["init", "--json", "--spawntee-port", "x"]);
  expect(run.exitCode).toBe(2);
  const help = await inShell(world, commandIn(run));
  expect(help.exitCode).toBe(0);
  expect(help.stdout).toContain("--spawntee-port");
});

test("a finding of status: its remedy is for the files that status was given", async () => {
  const world = await makePreparedWorld();
  const file = path.join(world.folder, "changed.yml");
  await copyFile(world.env["TEE_CLUSTER_RUNNER_COMPOSE"] ?? "", file);
  await appendFile(file, "# changed\n");
  const run = await world.runAnew(["status", "--json", "--runner-compose", "changed.yml"]);
  const { findings } = JSON.parse(run.stdout) as { findings: { code: string; remedy: string }[] };
  const finding = findings.find(({ code }) => code === "runner-compose-not-approved");
  expect(finding?.remedy).toMatch(/^node \S+ rotate-hash --runner-compose changed\.yml$/);
  const rotated = await inShell(world, `${finding?.remedy} --json`);
  expect(JSON.parse(rotated.stdout)).toMatchObject({ ok: true, changed: true });
});
