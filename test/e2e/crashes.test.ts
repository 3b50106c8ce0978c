/**
 * A crash of ours in the middle of a run: something throws where nobody can catch it. The product has no hook for
 * that; a preload throws in a timer of the very process, as a bug in a timer, a stream or an event handler does.
 */
import { existsSync } from "node:fs";
import { appendFile, copyFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { stateFolder } from "../helpers/journal.ts";
import { holdsSecret } from "../helpers/leaks.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  cloudOf,
  commitsOf,
  COMPOSE_FOLDER,
  makeWorld,
  type Run,
  type World,
} from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";
import { expectGivenBack, startInTerminal } from "../helpers/terminal.ts";
import { until } from "../helpers/until.ts";

const REGISTRY = "bird-tracker-registry";

/** Every form of every secret of the environment, as a careless message would have it. */
const MESSAGE = `["PHALA_API_KEY", "AWS_SECRET_ACCESS_KEY"]
  .map((name) => process.env[name])
  .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
  .join(" and ")`;

/** What a stream does that fails late: the first text on stdout is the answer. */
const THROW_BEHIND_ANSWER = `
  const { write } = process.stdout;
  process.stdout.write = (...args) => {
    setImmediate(() => { throw careless(); });
    return write.apply(process.stdout, args);
  };`;

/** The variable for a preload that does `then` as soon as the condition holds, and keeps no process for it. */
async function preload(
  world: World,
  condition: string,
  then: string,
): Promise<Record<string, string>> {
  const file = path.join(world.folder, "preload.mjs");
  await writeFile(
    file,
    `import { existsSync, writeFileSync } from "node:fs";
     const careless = () => new Error("no bird behind " + ${MESSAGE});
     const look = () => {
       if (!(${condition})) return;
       clearInterval(timer);
       ${then}
     };
     const timer = setInterval(look, 10).unref();
     look();`,
  );
  return { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` };
}

/** A world in which the next init makes a temporary runner, and is struck once that is there. */
async function struckWorld(then: string): Promise<{ world: World; env: Record<string, string> }> {
  const world = await makePreparedWorld({
    onRequest: async ({ method, path: where }) => {
      if (method !== "GET" || !where.includes("compose_file") || commitsOf(world.sandbox) === 0)
        return;
      await writeFile(trigger, "");
      // Nothing goes on until it is struck: a deletion of the run's own would be cut off at any moment of it.
      await until(() => existsSync(struck));
    },
  });
  const trigger = path.join(world.folder, "now");
  const struck = path.join(world.folder, "struck");
  world.sandbox.resetRequests();
  const env = await preload(
    world,
    `existsSync(${JSON.stringify(trigger)})`,
    `writeFileSync(${JSON.stringify(struck)}, ""); ${then}`,
  );
  const compose = path.join(world.folder, "runner.yml");
  await copyFile(path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml"), compose);
  await appendFile(compose, "# changed\n");
  return { world, env: { ...env, TEE_CLUSTER_RUNNER_COMPOSE: compose } };
}

const said = ({ stdout, stderr }: Run): string => `${stdout}${stderr}`;

test("with --json, again and again: one document, redacted, once the temporary runner and the lock are gone", async () => {
  const { world, env } = await struckWorld("setInterval(() => { throw careless(); }, 20);");
  const run = await world.runAnew(["init", "--json", "--verbose"], env);
  expect(run.exitCode).toBe(1);
  expect(expectValid("failure", run.stdout)).toMatchObject({
    command: "init",
    error: {
      code: "internal-error",
      message: expect.stringMatching(/internal error: no bird behind \[redacted\] and /),
    },
    left_behind: [],
  });
  // With --verbose where it was thrown, which Node would have printed as it is.
  expect(run.stderr).toContain("preload.mjs:");
  expect(holdsSecret(said(run))).toBe(false);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
  expect(commitsOf(world.sandbox)).toBe(1);
  expect(await readdir(await stateFolder(world))).not.toContain("lock.json");
  expect(await readdir(world.env["TMPDIR"] ?? "")).toEqual([]);
});

test("on a terminal: in words, with the cursor and the keyboard given back; a rejection as well", async () => {
  const { world, env } = await struckWorld("Promise.reject(careless());");
  const session = startInTerminal(world, ["init", "--yes"], env, { thenStty: true, columns: 400 });
  expect(await session.exit).toBe(1);
  expect(session.screen()).toMatch(/Error: internal error: no bird behind \[redacted\]/);
  expect(session.screen()).toContain("please report it");
  expect(session.bytes()).toContain("\u001b[?25l");
  expectGivenBack(session);
  expect(holdsSecret(session.bytes())).toBe(false);
  expect((await cloudOf(world.sandbox)).live).toEqual([REGISTRY]);
});

test("before a command has begun", async () => {
  const world = await makeWorld();
  // From the program's first moment on, but not before it: what Node itself does there is not ours.
  const begun = "process.listenerCount('uncaughtException') > 0";
  const env = await preload(world, begun, "throw careless();");
  const run = await world.runAnew(["doctor", "--json"], env);
  expect(run.exitCode).toBe(1);
  expect(expectValid("failure", run.stdout)).toMatchObject({ error: { code: "internal-error" } });
  expect(holdsSecret(said(run))).toBe(false);
});

test("after the answer: stdout stays that one document, stderr tells, exit 1", async () => {
  const world = await makePreparedWorld();
  const env = await preload(world, "true", THROW_BEHIND_ANSWER);
  const run = await world.runAnew(["history", "--json"], env);
  expect(run.exitCode).toBe(1);
  expectValid("history", run.stdout);
  expect(run.stderr).toMatch(/internal error: no bird behind \[redacted\]/);
  expect(holdsSecret(said(run))).toBe(false);
});
