/** The real phala CLI through the gate: what it may send, what is seen of it, and what comes of every kind of answer. */
import { expect, test } from "vitest";
import type { DeployHooks, EnvKey, Provisioned } from "../../../src/core/ports.ts";
import { warmPhalaBin } from "../../helpers/phala-bin.ts";
import { deployment, phala as phalaOf, startedSandbox } from "../adapters/world.ts";
import {
  APP,
  created,
  ENV_KEY,
  HASH,
  KEY,
  linesOf,
  PROVISIONED,
  startUpstream,
  UUID,
} from "./upstream.ts";

const never = new AbortController().signal;
const NAME = "bird-registry";
const REQUEST = deployment(NAME, [{ name: "REGISTRY_URL", value: "https://example.com" }]);
const PROVISION = "POST /cvms/provision";
const COMMIT = "POST /cvms";

/** Hooks that keep in which order they were called, among what reached the API. */
function watched(log: string[]): {
  hooks: DeployHooks;
  keys: EnvKey[];
  provisioned: Provisioned[];
} {
  const keys: EnvKey[] = [];
  const provisioned: Provisioned[] = [];
  const hooks: DeployHooks = {
    onEnvKey: async (key) => {
      keys.push(key);
      log.push("env key");
    },
    onProvisioned: async (what) => {
      provisioned.push(what);
      log.push("provisioned");
    },
  };
  return { hooks, keys, provisioned };
}

/** What it sends, and not its process, is looked at. */
const phala: typeof phalaOf = (connection, more) =>
  phalaOf(connection, { bin: warmPhalaBin(), ...more });

const failing = (message: string) => async (): Promise<void> => {
  throw new Error(message);
};

test("create: the ids are told before the commit is forwarded, and the child never has the real key", async () => {
  const log: string[] = [];
  const upstream = await startUpstream({
    [PROVISION]: (response) => {
      log.push(PROVISION);
      response.end(JSON.stringify(PROVISIONED.json));
    },
    [COMMIT]: (response) => {
      log.push(COMMIT);
      response.end(JSON.stringify(created(NAME).json));
    },
  });
  const { hooks, keys, provisioned } = watched(log);
  const outcome = await phala(upstream).createCvm(REQUEST, never, hooks);
  expect(outcome).toEqual({
    kind: "ok",
    value: { name: NAME, appId: APP, vmUuid: UUID, composeHash: HASH },
  });
  expect(log).toEqual([PROVISION, "env key", "provisioned", COMMIT]);
  expect(provisioned).toEqual([{ appId: APP, composeHash: HASH, envKey: ENV_KEY }]);
  expect(keys).toEqual([{ appId: APP, publicKey: ENV_KEY }]);
  // The gate put it in: the child was given another one (see isolation.test.ts).
  expect(upstream.received.map(({ headers }) => headers["x-api-key"])).toEqual([KEY, KEY]);
});

test("status, create, update and delete against the sandbox; the update's own correlation id", async () => {
  const sandbox = await startedSandbox({ timings: { bootMs: 0 } });
  const cli = phala(sandbox);
  expect(await cli.login(never)).toEqual({ kind: "ok", value: { username: "sandbox" } });
  const made = await cli.createCvm(REQUEST, never);
  if (made.kind !== "ok") throw new Error(made.message);
  const cvmId = made.value.vmUuid ?? "";
  const keys: EnvKey[] = [];
  const onEnvKey = async (key: EnvKey): Promise<void> => void keys.push(key);
  const updated = await cli.updateCvm({ cvmId, ...REQUEST }, never, { onEnvKey });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(updated).toEqual({
    kind: "ok",
    value: { correlationId: cvm?.operations.at(-1)?.correlationId },
  });
  expect(keys).toMatchObject([{ appId: made.value.appId }]);
  expect(await cli.deleteCvm(cvmId, never)).toEqual({ kind: "ok", value: undefined });
  const mutations = sandbox.requests().filter(({ mutating }) => mutating);
  expect(mutations.map(({ method }) => method)).toEqual(["POST", "POST", "PATCH", "DELETE"]);
});

test("provision only: the hash, and no commit", async () => {
  const sandbox = await startedSandbox();
  const outcome = await phala(sandbox).provisionCvm(REQUEST, never);
  expect(outcome).toMatchObject({
    kind: "ok",
    value: { composeHash: expect.stringMatching(/^[\da-f]{64}$/) },
  });
  expect(sandbox.requests().map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /api/v1/cvms/provision",
  ]);
  expect((await sandbox.cloud()).cvms).toEqual([]);
});

test("a hook that throws: the CLI never gets the key, nothing is sealed or committed, the call throws the same", async () => {
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: created(NAME) });
  const doubt = new Error("this key is not signed by the KMS");
  const onEnvKey = async (): Promise<void> => {
    throw doubt;
  };
  await expect(phala(upstream).createCvm(REQUEST, never, { onEnvKey })).rejects.toBe(doubt);
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

test("an update whose key is doubted sends nothing", async () => {
  const sandbox = await startedSandbox({ timings: { bootMs: 0 } });
  const cli = phala(sandbox);
  const made = await cli.createCvm(REQUEST, never);
  if (made.kind !== "ok") throw new Error(made.message);
  const hooks = { onEnvKey: failing("doubted") };
  const update = cli.updateCvm({ cvmId: made.value.vmUuid ?? "", ...REQUEST }, never, hooks);
  await expect(update).rejects.toThrow("doubted");
  expect(sandbox.requests().filter(({ method }) => method === "PATCH")).toEqual([]);
});

/** What the API shows of a CVM to the CLI that updates it, with fields of the test's own. */
async function updatedThrough(
  fields: Record<string, unknown>,
  hooks: DeployHooks,
): Promise<string[]> {
  const sandbox = await startedSandbox({ timings: { bootMs: 0 } });
  const made = await phala(sandbox).createCvm(REQUEST, never);
  const cvmId = made.kind === "ok" ? (made.value.vmUuid ?? "") : "";
  const headers = { "x-api-key": sandbox.apiKey, "x-phala-version": "2025-10-28" };
  const shown = await fetch(`${sandbox.apiUrl}/api/v1/cvms/${cvmId}`, { headers });
  const cvm = (await shown.json()) as { app_id: string; kms_info: object };
  const upstream = await startUpstream({
    [`GET /cvms/${cvmId}`]: { status: 200, json: { ...cvm, ...fields } },
    [`GET /kms/k/pubkey/${cvm.app_id}`]: {
      status: 200,
      json: { public_key: OWN_KEY, signature: "00" },
    },
    [`PATCH /cvms/${cvmId}`]: { status: 202, json: { correlation_id: "update-1" } },
  });
  await phala(upstream)
    .updateCvm({ cvmId, ...REQUEST }, never, hooks)
    .catch(() => undefined);
  return linesOf(upstream.received).filter((line) => line.startsWith("PATCH"));
}

const OWN_KEY = "11".repeat(32);
const onlyTheSigned: DeployHooks = {
  onEnvKey: async ({ publicKey }) => {
    if (publicKey !== ENV_KEY) throw new Error("not signed");
  },
};

test("update: each key in the answer is checked, not only the one that the KMS has signed", async () => {
  const alone = { encrypted_env_pubkey: ENV_KEY };
  expect(await updatedThrough(alone, onlyTheSigned)).toHaveLength(1);
  const both = { app_env_encrypt_pubkey: ENV_KEY, encrypted_env_pubkey: OWN_KEY };
  expect(await updatedThrough(both, onlyTheSigned)).toEqual([]);
});

test("update: a CVM with an on-chain KMS, whose key comes from elsewhere, gets nothing", async () => {
  const kms = {
    id: "k",
    slug: null,
    url: "",
    version: "",
    chain_id: 8453,
    kms_contract_address: null,
    gateway_app_id: null,
  };
  const fields = { encrypted_env_pubkey: ENV_KEY, kms_info: kms };
  expect(await updatedThrough(fields, onlyTheSigned)).toEqual([]);
});

test("update: nothing is sent where no key was seen that could be checked", async () => {
  const fields = { encrypted_env_pubkey: ENV_KEY, app_id: "" };
  expect(await updatedThrough(fields, onlyTheSigned)).toEqual([]);
});

test("update: what is found right before it is forwarded holds it back", async () => {
  const sandbox = await startedSandbox();
  const cli = phala(sandbox);
  const made = await cli.createCvm(REQUEST, never);
  const cvmId = made.kind === "ok" ? made.value.appId : "";
  const hooks = { onUpdate: failing("another update has begun") };
  const request = { ...REQUEST, cvmId };
  await expect(cli.updateCvm(request, never, hooks)).rejects.toThrow("another update has begun");
  const sent = sandbox.requests().filter(({ method }) => method === "PATCH");
  expect(sent).toEqual([]);
});

test("a record that can't be written holds the commit back", async () => {
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: created(NAME) });
  const onProvisioned = failing("disk full");
  await expect(phala(upstream).createCvm(REQUEST, never, { onProvisioned })).rejects.toThrow(
    "disk full",
  );
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

const FULL_ERROR = {
  error_code: "ERR-02-002",
  message: "No resources",
  details: [{ field: "node", value: 3, message: "node 3 is full" }],
  suggestions: ["Try another node"],
  links: [{ url: "https://example.com/limits", label: "Limits" }],
};

test("an API error is told in full, where the CLI drops most of it", async () => {
  const upstream = await startUpstream({ [PROVISION]: { status: 400, json: FULL_ERROR } });
  expect(await phala(upstream).createCvm(REQUEST, never)).toMatchObject({
    kind: "refused",
    reason: "other",
    message:
      "HTTP 400: ERR-02-002 No resources; node 3 is full; Try another node; Limits: https://example.com/limits",
    apiError: {
      status: 400,
      code: "ERR-02-002",
      details: FULL_ERROR.details,
      suggestions: FULL_ERROR.suggestions,
      links: FULL_ERROR.links,
    },
  });
});

test.each([
  [409, { error_code: "ERR-01-004", message: "CVM name already exists" }, "name-taken"],
  [409, { detail: "Another operation is in progress" }, "busy"],
  [429, { detail: "slow down" }, "busy"],
  [401, { detail: "Invalid API key" }, "denied"],
  [465, { error_code: "ERR-06-001", message: "register the hash on-chain" }, "unsupported"],
])("a provisioning refused with %i %j is %s", async (status, json, reason) => {
  const upstream = await startUpstream({
    [PROVISION]: { status, json, headers: { "retry-after": "7" } },
  });
  const outcome = await phala(upstream).createCvm(REQUEST, never);
  expect(outcome).toMatchObject({
    kind: "refused",
    reason,
    apiError: { status },
    retryAfterMs: 7000,
  });
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

const COMMITTED = {
  kind: "unclear",
  committed: true,
  provisioned: { appId: APP, composeHash: HASH },
};

test.each([
  [
    "a connection that breaks after the work",
    (response: { destroy(): void }) => response.destroy(),
    {},
  ],
  ["a 502", { status: 502, json: { detail: "Bad Gateway" } }, {}],
  [
    "a web page",
    (response: { end(text: string): void }) => response.end("<html>portal</html>"),
    {},
  ],
  [
    "half a document",
    (response: { end(text: string): void }) => response.end('{"app_id": "01'),
    {},
  ],
  ["another CVM", { status: 200, json: { name: NAME, app_id: "f".repeat(40) } }, {}],
  [
    "409, as a load balancer that repeated the request gets it",
    { status: 409, json: { error_code: "ERR-01-004", message: "CVM name already exists" } },
    { conflict: { reason: "name-taken" } },
  ],
  [
    "410 for a provisioning that the first request of two used up",
    { status: 410, json: { detail: "the provisioning is gone" } },
    { conflict: { reason: "not-found" } },
  ],
  [
    "402 for a credit that the first request of two used up",
    { status: 402, json: { detail: "no credit" } },
    { conflict: { reason: "other", message: expect.stringContaining("no credit") } },
  ],
  ["a proxy's page, with 403", { status: 403, json: "<html>blocked</html>" }, { conflict: null }],
  ["a 400 that says nothing", { status: 400, json: {} }, { conflict: null }],
  ["a redirect as after work that is done", { status: 303, json: {} }, { conflict: null }],
])("a commit answered with %s is unclear, and its app_id known", async (_what, reply, more) => {
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: reply });
  expect(await phala(upstream).createCvm(REQUEST, never)).toMatchObject({ ...COMMITTED, ...more });
  expect(linesOf(upstream.received)).toEqual([PROVISION, COMMIT]);
});

test.each([
  ["refused", { detail: "not your workspace" }],
  ["unclear", "<html>blocked</html>"],
  ["unclear", {}],
])("an update is %s with 403 and %j: only the API's own word refuses", async (kind, json) => {
  const cvm = { ...(created(NAME).json as object), encrypted_env_pubkey: ENV_KEY };
  const upstream = await startUpstream({
    [`GET /cvms/${UUID}`]: { status: 200, json: cvm },
    [`PATCH /cvms/${UUID}`]: { status: 403, json },
  });
  const request = { ...REQUEST, cvmId: UUID };
  expect(await phala(upstream).updateCvm(request, never)).toMatchObject({ kind });
  expect(linesOf(upstream.received)).toContain(`PATCH /cvms/${UUID}`);
});

test("a redirect to another host: the key does not arrive there, and the error says where it went", async () => {
  const other = await startUpstream({ "POST /cvms": created(NAME) });
  const redirect = { status: 307, headers: { location: `${other.apiUrl}/api/v1/cvms?token=x` } };
  const upstream = await startUpstream({ [PROVISION]: PROVISIONED, [COMMIT]: redirect });
  const outcome = await phala(upstream).createCvm(REQUEST, never);
  const message = expect.stringContaining(`${other.apiUrl}/api/v1/cvms, which`);
  const conflict = { reason: "redirected", apiError: { status: 307 }, message };
  expect(outcome).toMatchObject({ kind: "unclear", conflict });
  expect(other.received).toEqual([]);
});

test("an on-chain KMS is named before anything is made", async () => {
  const json = {
    app_id: null,
    compose_hash: HASH,
    kms_info: {
      id: "k",
      slug: null,
      url: "",
      version: "",
      chain_id: 8453,
      kms_contract_address: null,
      gateway_app_id: null,
    },
  };
  const upstream = await startUpstream({
    [PROVISION]: { status: 200, json },
    [COMMIT]: created(NAME),
  });
  expect(await phala(upstream).createCvm(REQUEST, never)).toMatchObject({
    kind: "refused",
    reason: "unsupported",
  });
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

test("JSON that is called plain text is passed on as JSON", async () => {
  const headers = { "content-type": "text/plain" };
  const upstream = await startUpstream({
    [PROVISION]: { ...PROVISIONED, headers },
    [COMMIT]: { ...created(NAME), headers },
  });
  expect(await phala(upstream).createCvm(REQUEST, never)).toMatchObject({ kind: "ok" });
});

test("a provisioning without a key for the environment is named before anything is made", async () => {
  const json = { app_id: APP, compose_hash: HASH };
  const upstream = await startUpstream({ [PROVISION]: { status: 200, json } });
  expect(await phala(upstream).createCvm(REQUEST, never)).toMatchObject({
    kind: "refused",
    message: expect.stringContaining("no key to encrypt the environment with"),
  });
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});

test("what phala quotes of the gate's address is told as the operator's", async () => {
  const login = await phala({ apiUrl: "http://127.0.0.1:1", apiKey: KEY }).login(never);
  const text = JSON.stringify(login);
  expect(text).toContain("http://127.0.0.1:1/api/v1/auth/me");
  expect(text.match(/127\.0\.0\.1:\d+/g)).toEqual(["127.0.0.1:1"]);
});

test("nothing listens: nothing was made, for certain", async () => {
  const outcome = await phala({ apiUrl: "http://127.0.0.1:1", apiKey: KEY }).createCvm(
    REQUEST,
    never,
  );
  expect(outcome).toMatchObject({ kind: "refused", reason: "unreachable", apiError: null });
});

test("a read that fails on the way is repeated, a mutation is not", async () => {
  let reads = 0;
  const upstream = await startUpstream({
    [`GET /cvms/${UUID}`]: (response) => {
      reads += 1;
      if (reads < 3) response.destroy();
      else
        response
          .writeHead(404, { "content-type": "application/json" })
          .end('{"detail": "CVM not found"}');
    },
  });
  expect(await phala(upstream).deleteCvm(UUID, never)).toMatchObject({
    kind: "refused",
    reason: "not-found",
  });
  expect(reads).toBeGreaterThanOrEqual(3);
});

test("a huge answer is not passed on", async () => {
  const upstream = await startUpstream({
    [PROVISION]: (response) => void response.end(`{"x": "${"y".repeat(6 * 1024 * 1024)}"}`),
  });
  expect(await phala(upstream).createCvm(REQUEST, never)).toMatchObject({ kind: "refused" });
  expect(linesOf(upstream.received)).toEqual([PROVISION]);
});
