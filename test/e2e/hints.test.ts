/** Hints of real failures, run in a shell as they stand. */
import { execa } from "execa";
import { expect, test } from "vitest";
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
