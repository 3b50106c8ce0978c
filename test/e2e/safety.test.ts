/** Interruptions, two runs at once, failing waits, and secrets, through the built program. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stateFolder } from "../helpers/journal.ts";
import { filesWithSecrets } from "../helpers/leaks.ts";
import { deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { processesOf } from "../helpers/processes.ts";
import {
  CANARIES,
  cloudOf,
  COMPOSE_FOLDER,
  failureIn,
  makeWorld,
  withCompose,
} from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

test("two runs at once: the second one ends with 6 and names the run in progress; kill -9 of the first: the next run removes its runner", async () => {
  const world = await makePreparedWorld();
  const env = await withCompose(world, "runner", (text) => `${text}# changed\n`);
  const first = world.start(["init", "--json"], env);
  await until(async () => (await cloudOf(world.sandbox)).live.includes("bird-tracker-runner-temp"));
  // Stopped, it is in progress for as long as the second one needs to find that out.
  first.kill("SIGSTOP");
  const second = await world.run(["init", "--json"], env);
  expect(second.exitCode).toBe(6);
  expect(failureIn(second.stdout).error.code).toBe("run-in-progress");
  expect(failureIn(second.stdout).error.message).toContain(`pid ${first.pid} on `);
  first.kill("SIGKILL");
  await first;
  expect(await readdir(await stateFolder(world))).toContain("lock.json");
  const next = await world.run(["init", "--json"], env);
  expect(next.exitCode).toBe(0);
  expect(next.stderr).toContain("removing bird-tracker-runner-temp");
  const { live, registriesEverMade, approved } = await cloudOf(world.sandbox);
  expect([live, registriesEverMade, approved.length]).toEqual([["bird-tracker-registry"], 1, 2]);
});

test("a run on another machine leaves our temporary runner alone, and ends with 6", async () => {
  const world = await makePreparedWorld();
  // The other machine's runner: there, young, and in no record of ours.
  await deployRunner(
    world.sandbox,
    "bird-tracker",
    path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml"),
    [],
    "bird-tracker-runner-temp",
  );
  const run = await world.run(["init", "--json"]);
  expect(run.exitCode).toBe(6);
  expect(failureIn(run.stdout).error.code).toBe("temporary-runner-in-use");
  expect((await cloudOf(world.sandbox)).live).toContain("bird-tracker-runner-temp");
});

test("a registry that fails to boot ends the wait at once, with where to look", async () => {
  const world = await makeWorld();
  const env = await withCompose(world, "registry", (text) =>
    text.replace("example/spawntee@", "example/spawntee-crash-on-boot@"),
  );
  const run = await world.run(["init", "--json"], env);
  expect(run.exitCode).toBe(4);
  const { error, left_behind: left } = failureIn(run.stdout);
  expect(error).toMatchObject({ code: "registry-not-running", step: "wait-for-registry" });
  expect(error.hint).toContain("tee-cluster logs");
  expect(left.map(({ name }) => name)).toEqual(["bird-tracker-registry"]);
});

test("no secret in any argument list, output, file or folder of a run, also of a failing and a verbose one", async () => {
  const seen: string[] = [];
  const world = await makeWorld({
    // While phala waits for the answer: one that was not started ahead has its arguments in its command line.
    async onRequest({ method }) {
      if (method !== "GET") seen.push(...(await processesOf(world)));
    },
  });
  const run = await world.runAnew(["init", "--verbose"]);
  expect(run.exitCode).toBe(0);
  const wrong = await world.run(["init", "--verbose"], {
    PHALA_API_KEY: `${CANARIES.apiKey}-but-wrong`,
  });
  expect(wrong.exitCode).toBe(3);
  const said = `${run.stdout}${run.stderr}${wrong.stdout}${wrong.stderr}${seen.join("\n")}`;
  for (const words of ["tee-cluster.js init", "deploy --name", "cvms delete", "deploy --cvm-id"])
    expect(seen.some((line) => line.includes(words))).toBe(true);
  for (const secret of Object.values(CANARIES)) {
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ]) {
      expect(said).not.toContain(form);
    }
  }
  expect(await filesWithSecrets([world.stateDir, world.folder, world.env["TMPDIR"] ?? ""])).toEqual(
    [],
  );
  expect(await readdir(world.env["TMPDIR"] ?? "")).toEqual([]);
});

const TOKEN = "tenant/token+5Jq";
/** In the forms in which the API says it below. */
const TOKEN_FORMS = [TOKEN, encodeURIComponent(TOKEN), Buffer.from(TOKEN).toString("base64")];

/** An API that repeats what it should not, and so long that it is cut. */
async function indiscreetApi(): Promise<string> {
  const detail = `tenant ${TOKEN_FORMS.join(", ")} ${"x".repeat(310)} ${TOKEN}`;
  const server = createServer((_request, response) => {
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ detail }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("what the user marks as a secret is one, in a name that is told and in what the API says", async () => {
  const world = await makePreparedWorld();
  const marks = {
    TENANT_TOKEN: TOKEN,
    TEE_CLUSTER_SECRETS: "NOT_SET, TENANT_TOKEN,TEE_CLUSTER_NAME,",
  };
  const status = await world.run(["status", "--json", "--verbose"], marks);
  expect(status.exitCode).toBe(0);
  expect(JSON.parse(status.stdout)).toMatchObject({ cluster: "[redacted]" });
  expect(`${status.stdout}${status.stderr}`).not.toContain("bird-tracker");
  const env = { ...marks, PHALA_API_URL: await indiscreetApi() };
  for (const args of [
    ["destroy", "--dry-run"],
    ["destroy", "--dry-run", "--json", "--verbose"],
  ]) {
    const run = await world.run(args, env);
    const said = `${run.stdout}${run.stderr}`;
    expect([run.exitCode, said]).toEqual([4, expect.stringContaining("tenant [redacted]")]);
    for (const form of [...TOKEN_FORMS, TOKEN.slice(0, 8)]) expect(said).not.toContain(form);
  }
});

test("what marks secrets and is no list of names is refused, and not repeated", async () => {
  const world = await makeWorld();
  const run = await world.run(["status", "--json"], { TEE_CLUSTER_SECRETS: `PATH,${TOKEN}` });
  expect(run.exitCode).toBe(2);
  expect(failureIn(run.stdout).error).toMatchObject({ code: "bad-secret-name" });
  expect(`${run.stdout}${run.stderr}`).not.toContain(TOKEN);
});
