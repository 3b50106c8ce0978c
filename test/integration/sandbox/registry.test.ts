/** Spawntee in the sandbox: which runners a registry accepts, and how hashes get onto its list. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Sandbox } from "../../../src/sandbox/index.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import {
  api,
  appIdOf,
  composePath,
  composeText,
  deploy,
  sandboxWith,
  service,
  type Answer,
} from "./world.ts";

const AWS = { AWS_ACCESS_KEY_ID: "AKIASANDBOXEXAMPLE00", AWS_SECRET_ACCESS_KEY: "made/up+key" };
const timings = { bootMs: 0, updateOldServesMs: 0, updateDownMs: 0, updateBootMs: 0 };

const registry = async (sandbox: Sandbox, environment: Record<string, string>): Promise<string> =>
  appIdOf(
    await deploy(sandbox, { name: "bird-registry", compose: composePath("registry"), environment }),
  );

const update = (sandbox: Sandbox, cvmId: string, environment: Record<string, string>) =>
  deploy(sandbox, { name: "bird-registry", compose: composePath("registry"), environment, cvmId });

/** With the names that the orchestrator gives its runners, in its order. */
const runner = async (sandbox: Sandbox): Promise<string> =>
  appIdOf(
    await deploy(sandbox, {
      name: "bird-runner-0a1b2c3d",
      compose: composePath("runner"),
      environment: { REGISTRY_URL: "https://registry.example.com", CAPACITY_THRESHOLD: "0.8" },
    }),
  );

const attestation = z.object({
  quote: z.string(),
  tcb_info: z.object({ app_compose: z.string() }),
});

async function quoteOf(sandbox: Sandbox, appId: string): Promise<{ quote: string; hash: string }> {
  const { json } = await api(sandbox, `GET /cvms/${appId}/attestation`);
  const { quote, tcb_info: measured } = attestation.parse(json);
  return { quote, hash: createHash("sha256").update(measured.app_compose).digest("hex") };
}

const reEncrypt = (sandbox: Sandbox, appId: string, quote: string): Promise<Answer> =>
  service(sandbox, { appId }, "POST /registry/re-encrypt", { body: { quote } });

test("a runner is refused until its hash is approved, and lost credentials show", async () => {
  const sandbox = await sandboxWith({ timings });
  const appId = await registry(sandbox, { ...AWS, APPROVED_COMPOSE_HASH: "" });
  const { quote, hash } = await quoteOf(sandbox, await runner(sandbox));
  expect(await reEncrypt(sandbox, appId, quote)).toMatchObject({
    status: 403,
    json: { detail: expect.stringContaining(hash) },
  });
  await update(sandbox, appId, { ...AWS, APPROVED_COMPOSE_HASH: `${"0".repeat(64)},${hash}` });
  expect(await reEncrypt(sandbox, appId, quote)).toMatchObject({ status: 200 });
  await update(sandbox, appId, { APPROVED_COMPOSE_HASH: hash });
  expect(await reEncrypt(sandbox, appId, quote)).toMatchObject({ status: 500 });
});

test("a quote that was altered is no quote", async () => {
  const sandbox = await sandboxWith({ timings });
  const appId = await registry(sandbox, { ...AWS, APPROVED_COMPOSE_HASH: "f".repeat(64) });
  const { quote, hash } = await quoteOf(sandbox, await runner(sandbox));
  const forged = Buffer.from(quote, "base64").toString("utf8").replace(hash, "f".repeat(64));
  expect(await reEncrypt(sandbox, appId, Buffer.from(forged).toString("base64"))).toMatchObject({
    status: 403,
    json: { detail: expect.stringContaining("not genuine") },
  });
});

type Keys = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
/** Made once: these take longer than all else here. */
const [KEYS, FOREIGN] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 })) as [
  Keys,
  Keys,
];

type Signed = { key?: KeyObject; pubkey?: KeyObject; path?: string; ageSeconds?: number };

function signedHeaders(keys: Keys, change: Signed = {}) {
  const timestamp = Math.floor(Date.now() / 1000) - (change.ageSeconds ?? 0);
  const message = Buffer.from(
    JSON.stringify({ path: change.path ?? "/registry/approve-hash", timestamp }),
  );
  const spki = (change.pubkey ?? keys.publicKey).export({ type: "spki", format: "der" });
  return {
    "x-gateway-auth-message": message.toString("base64"),
    "x-gateway-auth-signature": sign("sha256", message, change.key ?? keys.privateKey).toString(
      "base64",
    ),
    "x-gateway-auth-pubkey": spki.toString("base64"),
  };
}

test("approve-hash: signed by the coordinator only; lost at the next restart", async () => {
  const sandbox = await sandboxWith({ timings });
  const { keys, wallet } = coordinator();
  const foreign = FOREIGN;
  const environment = { ...AWS, GATEWAY_AUTH_COORDINATOR_WALLET: wallet };
  const compose = path.join(await temporaryFolder(), "registry.yml");
  const passedOn = "GATEWAY_AUTH_COORDINATOR_WALLET=${GATEWAY_AUTH_COORDINATOR_WALLET:-}";
  await writeFile(compose, await withVariable("registry", passedOn));
  const made = { name: "bird-registry", compose };
  const appId = appIdOf(await deploy(sandbox, { ...made, environment }));
  const { quote, hash } = await quoteOf(sandbox, await runner(sandbox));
  const approve = (headers: Record<string, string>, hashes: unknown = [hash]): Promise<Answer> =>
    service(sandbox, { appId }, "POST /registry/approve-hash", { body: { hashes }, headers });

  const refused: Signed[] = [
    { key: foreign.privateKey },
    { key: foreign.privateKey, pubkey: foreign.publicKey },
    { path: "/registry/re-encrypt" },
    { ageSeconds: 40 },
    { ageSeconds: -40 },
  ];
  for (const change of refused)
    expect((await approve(signedHeaders(keys, change))).status).toBe(401);
  expect((await approve({})).status).toBe(401);
  expect((await approve(signedHeaders(keys), ["not a hash"])).status).toBe(422);
  expect((await reEncrypt(sandbox, appId, quote)).status).toBe(403);

  expect(await approve(signedHeaders(keys, { ageSeconds: 20 }))).toMatchObject({
    status: 200,
    json: { approved_count: 1, hashes: [hash] },
  });
  expect((await reEncrypt(sandbox, appId, quote)).status).toBe(200);
  await api(sandbox, `POST /cvms/${appId}/restart`, { body: {} });
  expect((await reEncrypt(sandbox, appId, quote)).status).toBe(403);

  await deploy(sandbox, { ...made, environment: AWS, cvmId: appId });
  expect((await approve(signedHeaders(keys))).status).toBe(404);
});

function coordinator() {
  const keys = KEYS;
  const spki = keys.publicKey.export({ type: "spki", format: "der" });
  return { keys, wallet: `sandbox:${createHash("sha256").update(spki).digest("hex")}` };
}

/** Without the CLI: the compose text is what is tried. The values are in the text, so none has to be sealed. */
async function create(sandbox: Sandbox, name: string, compose: string): Promise<string> {
  const body = { name, compose_file: { docker_compose_file: compose } };
  const provisioned = z
    .object({ app_id: z.string(), compose_hash: z.string() })
    .parse((await api(sandbox, "POST /cvms/provision", { body })).json);
  await api(sandbox, "POST /cvms", { body: provisioned });
  return provisioned.app_id;
}

const withVariable = async (role: "registry" | "runner", line: string): Promise<string> =>
  (await composeText(role))
    .replace(/ {6}- GATEWAY_AUTH_COORDINATOR_WALLET=.*\n/, "")
    .replace("    environment:\n", `    environment:\n      - ${line}\n`);

test("/tasks: signed by the coordinator of the wallet that the compose file passes on, not at once after a boot", async () => {
  const sandbox = await sandboxWith({ timings, faults: ["auth-warmup=1h"] });
  const { keys, wallet } = coordinator();
  const compose = await withVariable("runner", `GATEWAY_AUTH_COORDINATOR_WALLET=${wallet}`);
  const appId = await create(sandbox, "bird-runner-1", compose);
  const tasks = (headers: Record<string, string> = {}) =>
    service(sandbox, { appId }, "GET /tasks", { headers });
  const signed = () => signedHeaders(keys, { path: "/tasks" });
  expect((await tasks(signed())).status).toBe(401);
  sandbox.setFaults([]);
  expect((await tasks()).status).toBe(401);
  expect((await tasks(signed())).status).toBe(200);
  expect((await tasks(signedHeaders(keys))).status).toBe(401);
  const open = await create(sandbox, "bird-runner-2", await withVariable("runner", "X=1"));
  expect((await service(sandbox, { appId: open }, "GET /tasks")).status).toBe(200);
});

test("a wallet that the compose file does not pass on is none: no approve-hash, or one that is open", async () => {
  const sandbox = await sandboxWith({ timings });
  const file = path.join(await temporaryFolder(), "registry.yml");
  await writeFile(file, await withVariable("registry", "X=1"));
  const { keys, wallet } = coordinator();
  const environment = { ...AWS, GATEWAY_AUTH_COORDINATOR_WALLET: wallet };
  const appId = appIdOf(
    await deploy(sandbox, { name: "bird-registry", compose: file, environment }),
  );
  const body = { hashes: ["a".repeat(64)] };
  const push = (headers: Record<string, string>) =>
    service(sandbox, { appId }, "POST /registry/approve-hash", { body, headers });
  expect((await push(signedHeaders(keys))).status).toBe(404);
  sandbox.setFaults(["open-registry"]);
  expect(await push({})).toMatchObject({
    status: 200,
    json: { approved_count: 1, hashes: body.hashes },
  });
});

test("/debug/exec is there in debug mode only; /capacity and /health say what they say", async () => {
  const sandbox = await sandboxWith({ timings });
  const debug = await create(
    sandbox,
    "bird-debug",
    await withVariable("registry", "DEBUG_MODE=true"),
  );
  const quiet = await create(
    sandbox,
    "bird-quiet",
    await withVariable("registry", "DEBUG_MODE=false"),
  );
  const exec = (appId: string, query: string) =>
    service(sandbox, { appId }, `GET /debug/exec${query}`);
  expect((await exec(debug, "")).status).toBe(422);
  expect((await exec(debug, "?cmd=env")).json).toMatchObject({ returncode: 0, stdout: "" });
  expect((await exec(quiet, "?cmd=env")).status).toBe(404);
  expect((await service(sandbox, { appId: quiet }, "GET /capacity")).json).toMatchObject({
    accepting_new_models: true,
    capacity_threshold: 0.8,
    max_models: 1,
  });
  expect((await service(sandbox, { appId: quiet }, "GET /health")).json).not.toHaveProperty(
    "uptime_seconds",
  );
  sandbox.setFaults(["uptime=yes"]);
  expect((await service(sandbox, { appId: quiet }, "GET /health")).json).toHaveProperty(
    "uptime_seconds",
  );
});

test("runners on another node than the registry's", async () => {
  const sandbox = await sandboxWith({ timings, faults: ["runners-elsewhere"] });
  await create(sandbox, "bird-registry", await composeText("registry"));
  await create(sandbox, "bird-runner-1", await composeText("runner"));
  const nodes = await Promise.all(
    ["bird-registry", "bird-runner-1"].map(
      async (name) => (await api(sandbox, `GET /cvms/${name}`)).json,
    ),
  );
  expect(nodes).toMatchObject([
    { node_info: { name: "prod10" } },
    { node_info: { name: "prod9" } },
  ]);
});

test("the gateway answers for the right app, domain and published port only", async () => {
  const sandbox = await sandboxWith({ defaultNode: "prod9" });
  const appId = await registry(sandbox, AWS);
  const domain = "dstack-pha-prod9.phala.network";
  expect(await service(sandbox, { appId, domain }, "GET /health")).toMatchObject({
    status: 200,
    json: { status: "healthy", service: "secure-spawn", mode: "registry+runner" },
  });
  expect((await service(sandbox, { appId, domain }, "GET /capacity")).json).toMatchObject({
    accepting_new_models: true,
    total_memory_mb: 2048,
  });
  for (const wrong of [
    { appId },
    { appId, domain, port: 8080 },
    { appId: "0".repeat(40), domain },
  ]) {
    const answer = await service(sandbox, wrong, "GET /health");
    expect(answer.status).toBe(502);
    expect(answer.headers.get("content-type")).toContain("text/html");
  }
});

test("images by whose names a failing boot and a failing service can be tried out", async () => {
  const sandbox = await sandboxWith();
  const make = async (name: string, image: string): Promise<string> => {
    const docker_compose_file = (await composeText("runner")).replace(
      "example/spawntee",
      `example/${image}`,
    );
    const body = { name, compose_file: { docker_compose_file } };
    const provisioned = await api(sandbox, "POST /cvms/provision", { body });
    const { app_id, compose_hash } = z
      .object({ app_id: z.string(), compose_hash: z.string() })
      .parse(provisioned.json);
    await api(sandbox, "POST /cvms", { body: { app_id, compose_hash } });
    return app_id;
  };
  const crashing = await make("bird-crashing", "spawntee-crash-on-boot");
  expect((await api(sandbox, `GET /cvms/${crashing}`)).json).toMatchObject({ status: "error" });
  expect((await api(sandbox, `GET /cvms/${crashing}/operations`)).json).toMatchObject({
    items: [{ status: "failed", error_message: expect.stringContaining("exited") }],
  });
  const unwell = await make("bird-unwell", "spawntee-unhealthy");
  expect((await service(sandbox, { appId: unwell }, "GET /health")).json).toMatchObject({
    status: "unhealthy",
  });
});
