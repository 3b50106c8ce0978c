/** The adapters over the real phala CLI and the sandbox. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createHttpClient } from "../../src/net/http.ts";
import { createCloudApi } from "../../src/phala/api.ts";
import { createPhalaCli } from "../../src/phala/cli.ts";
import type { CloudApi, PhalaCli } from "../../src/ports.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/index.ts";
import { systemClock } from "../../src/workflow/clock.ts";
import { PHALA_BIN } from "../helpers/phala-bin.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const COMPOSE = fileURLToPath(
  new URL("../../fixtures/compose/docker-compose.phala.runner.yml", import.meta.url),
);
const signal = new AbortController().signal;

type World = {
  readonly sandbox: Sandbox;
  readonly cli: PhalaCli;
  readonly api: CloudApi;
  readonly details: string[];
};

async function world(options: Partial<SandboxOptions> = {}, apiKey?: string): Promise<World> {
  const sandbox = await startSandbox({ stateDir: path.join(await temporaryFolder(), "cloud"), ...options });
  const http = createHttpClient({});
  onTestFinished(async () => {
    await http.close();
    await sandbox.close();
  });
  const details: string[] = [];
  const shared = {
    apiUrl: sandbox.apiUrl,
    apiKey: apiKey ?? sandbox.apiKey,
    onDetail: (line: string) => details.push(line),
  };
  return {
    sandbox,
    details,
    cli: createPhalaCli({ ...shared, bin: PHALA_BIN, env: process.env }),
    api: createCloudApi({ ...shared, http, clock: systemClock }),
  };
}

async function request(name: string, environment = [{ name: "REGISTRY_URL", value: "http://x" }]) {
  return { name, instanceType: "tdx.small", composeText: await readFile(COMPOSE, "utf8"), environment };
}

test("creates a CVM whose app-compose is our text and our names, then deletes it", async () => {
  const { cli, api } = await world();
  const environment = [
    { name: "REGISTRY_URL", value: "http://x" },
    { name: "CAPACITY_THRESHOLD", value: "0.8" },
  ];
  const deployment = await request("bird-runner-temp", environment);
  const created = await cli.createCvm(deployment, signal);
  expect(created).toMatchObject({ kind: "ok", value: { name: "bird-runner-temp" } });
  const found = await api.findCvm("bird-runner-temp", signal);
  if (found.kind !== "present" || created.kind !== "ok") throw new Error("no CVM");
  expect(found.value).toMatchObject({
    appId: created.value.appId,
    vmUuid: created.value.vmUuid,
    nodeName: "prod10",
  });
  const appCompose = await api.appCompose(created.value.appId, signal);
  expect(appCompose).toMatchObject({
    value: {
      docker_compose_file: deployment.composeText,
      allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD"],
    },
  });
  expect(await cli.deleteCvm(created.value.vmUuid ?? "", signal)).toEqual({ kind: "ok", value: undefined });
  expect(await api.findCvm("bird-runner-temp", signal)).toEqual({ kind: "absent" });
  expect(await cli.deleteCvm("bird-runner-temp", signal)).toMatchObject({ kind: "refused" });
});

test("a name that is taken is refused, and the reason is told", async () => {
  const { cli } = await world();
  const deployment = await request("bird-registry");
  await cli.createCvm(deployment, signal);
  const again = await cli.createCvm(deployment, signal);
  expect(again).toMatchObject({ kind: "refused" });
  expect(again.kind === "refused" && again.message).toMatch(/already exists/);
});

test("values arrive as they were given, whatever they are", async () => {
  const { cli, sandbox } = await world();
  const values = ['wJal/r+X="q#z $HOME', "it's", "", "a b", "`tick`", "${X}", "é€", "\\n not a newline"];
  const environment = values.map((value, index) => ({ name: `V${index}`, value }));
  expect(await cli.createCvm(await request("bird-values", environment), signal)).toMatchObject({
    kind: "ok",
  });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm && [...sandbox.environment(cvm).values()]).toEqual(values);
});

test("an update replaces the whole environment", async () => {
  const { cli, sandbox } = await world({ timings: { bootMs: 0 } });
  const deployment = await request("bird-registry", [
    { name: "A", value: "1" },
    { name: "B", value: "2" },
  ]);
  await cli.createCvm(deployment, signal);
  const update = {
    cvmId: "bird-registry",
    composeText: deployment.composeText,
    environment: [{ name: "B", value: "3" }],
  };
  expect(await cli.updateCvm(update, signal)).toEqual({ kind: "ok", value: undefined });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm && [...sandbox.environment(cvm)]).toEqual([["B", "3"]]);
});

test("logged in is told from not logged in", async () => {
  expect(await (await world()).cli.login(signal)).toMatchObject({
    kind: "ok",
    value: { username: "sandbox" },
  });
  expect(await (await world({}, "phak_wrong_key")).cli.login(signal)).toMatchObject({ kind: "refused" });
});

test("a missing program is told from one that fails", async () => {
  const cli = createPhalaCli({
    bin: "/nowhere/phala",
    apiKey: "k",
    apiUrl: "http://127.0.0.1:1",
    env: {},
    onDetail: () => undefined,
  });
  expect(await cli.version(signal)).toMatchObject({ kind: "missing" });
  expect(await (await world()).cli.version(signal)).toEqual({ kind: "ok", value: "1.1.18" });
});
