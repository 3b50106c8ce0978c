/** The API without the CLI: both schemas, errors, pages, faults, and several servers over one cloud. */
import { chown, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { runSandboxForeground, variablesFor } from "../../../src/sandbox/foreground.ts";
import type { Fault, Sandbox } from "../../../src/sandbox/index.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { api, composeText, sandboxWith, type Answer } from "./world.ts";

const provisioned = z.object({ app_id: z.string(), compose_hash: z.string() });

async function provision(sandbox: Sandbox, name: string, more: object = {}): Promise<Answer> {
  const compose_file = { docker_compose_file: await composeText("runner"), allowed_envs: [] };
  return api(sandbox, "POST /cvms/provision", { body: { name, compose_file, ...more } });
}

async function create(sandbox: Sandbox, name: string): Promise<Answer> {
  const body = provisioned.parse((await provision(sandbox, name)).json);
  return api(sandbox, "POST /cvms", { body });
}

const code = (answer: Answer): unknown =>
  z.object({ detail: z.object({ error_code: z.string() }) }).parse(answer.json).detail.error_code;

const names = async (sandbox: Sandbox): Promise<string[]> =>
  (await sandbox.cloud()).cvms.map((cvm) => cvm.name).toSorted();

test("nothing exists before the commit, and each spelling of an id finds it after", async () => {
  const sandbox = await sandboxWith();
  const answer = await provision(sandbox, "bird-registry");
  expect((await api(sandbox, "GET /cvms/bird-registry")).status).toBe(404);
  const { app_id } = provisioned.parse(answer.json);
  await api(sandbox, "POST /cvms", { body: answer.json });
  const { id, vm_uuid } = z
    .object({ id: z.string(), vm_uuid: z.string() })
    .parse((await api(sandbox, "GET /cvms/bird-registry")).json);
  for (const spelling of [id, app_id, `app_${app_id}`, vm_uuid, vm_uuid.replaceAll("-", "")]) {
    expect((await api(sandbox, `GET /cvms/${spelling}`)).json).toMatchObject({
      name: "bird-registry",
    });
  }
});

test("two schemas of the same CVM", async () => {
  const sandbox = await sandboxWith({ defaultNode: "prod12" });
  await create(sandbox, "bird-registry");
  const read = async (version: string): Promise<unknown> =>
    (await api(sandbox, "GET /cvms/bird-registry", { headers: { "x-phala-version": version } }))
      .json;
  const latest = {
    node_info: { name: "prod12" },
    gateway: { base_domain: "dstack-pha-prod12.phala.network" },
  };
  expect(await read("2026-01-21")).toMatchObject({ ...latest, progress: null });
  expect(await read("2031-01-01")).toMatchObject(latest);
  const old = await read("2025-10-28");
  expect(old).toMatchObject({
    id: expect.any(Number),
    teepod: { name: "prod12" },
    in_progress: false,
  });
  expect(old).not.toHaveProperty("node_info");
});

test("refuses what the platform refuses, in its words", async () => {
  const sandbox = await sandboxWith();
  expect(code(await provision(sandbox, "bird-registry", { instance_type: "tdx.huge" }))).toBe(
    "ERR-02-001",
  );
  expect(code(await provision(sandbox, "bird-registry", { teepod_id: 999 }))).toBe("ERR-01-001");
  const noServices = { compose_file: { docker_compose_file: "services: {}" } };
  expect(code(await provision(sandbox, "bird-registry", noServices))).toBe("ERR-01-003");
  const tooLarge = { compose_file: { docker_compose_file: "#".repeat(200 * 1024 + 1) } };
  for (const answer of [
    await provision(sandbox, "bird-registry", tooLarge),
    await provision(sandbox, "bird--registry"),
    await provision(sandbox, "b_rd-registry"),
  ]) {
    expect(answer).toMatchObject({ status: 422, json: { detail: [{ loc: expect.any(Array) }] } });
  }
  await create(sandbox, "bird-registry");
  const taken = await provision(sandbox, "bird-registry");
  expect([taken.status, code(taken)]).toEqual([409, "ERR-01-004"]);
  const bearer = { authorization: `Bearer ${sandbox.apiKey}`, "x-api-key": "" };
  expect((await api(sandbox, "GET /auth/me", { headers: bearer })).status).toBe(401);
  const unknownHash = { app_id: "0".repeat(40), compose_hash: "0".repeat(64) };
  expect((await api(sandbox, "POST /cvms", { body: unknownHash })).status).toBe(404);
});

test("pages hold 100 at most; search and node narrow them", async () => {
  const stateDir = path.join(await temporaryFolder(), "cloud");
  const one = await sandboxWith({ stateDir });
  await create(one, "bird-runner");
  await one.close();
  // As if the others had been made one by one, of which each would write the whole cloud.
  const file = path.join(stateDir, "cloud.json");
  const cloud = JSON.parse(await readFile(file, "utf8")) as { cvms: readonly object[] };
  const cvms = Array.from({ length: 105 }, (_, id) => ({
    ...cloud.cvms[0],
    id: id + 1,
    name: `bird-runner-${id}`,
    appId: id.toString(16).padStart(40, "0"),
    vmUuid: id.toString(16).padStart(32, "0"),
  }));
  await writeFile(file, JSON.stringify({ ...cloud, nextId: 106, cvms }));
  const sandbox = await sandboxWith({ stateDir });
  const page = z.object({
    items: z.array(z.object({ name: z.string() })),
    total: z.number(),
    pages: z.number(),
  });
  const get = async (query: string) =>
    page.parse((await api(sandbox, `GET /cvms/paginated?${query}`)).json);
  const first = await get("page=1&page_size=500");
  expect([first.items.length, first.total, first.pages]).toEqual([100, 105, 2]);
  expect((await get("page=2&page_size=500")).items).toHaveLength(5);
  expect((await get("search=runner-104")).total).toBe(1);
  expect((await get("node_id=17")).total).toBe(0);
  expect((await api(sandbox, "GET /cvms/paginated?page=x")).status).toBe(422);
});

test("faults: the work is left undone, or done and unanswered", async () => {
  const sandbox = await sandboxWith();
  const strike = (action: Fault["action"]) =>
    sandbox.setFaults([{ method: "POST", path: "^/api/v1/cvms$", times: 1, action }]);
  strike({ kind: "reset-before" });
  await expect(create(sandbox, "bird-before")).rejects.toThrow("fetch failed");
  expect(await names(sandbox)).toEqual([]);
  strike({ kind: "reset-after" });
  await expect(create(sandbox, "bird-after")).rejects.toThrow("fetch failed");
  expect(await names(sandbox)).toEqual(["bird-after"]);
  strike({ kind: "status", status: 429, retryAfter: 7 });
  const limited = await create(sandbox, "bird-limited");
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
  strike({ kind: "half-json" });
  expect((await create(sandbox, "bird-half")).json).toEqual(expect.stringMatching(/^\{/));
  strike({ kind: "html" });
  expect((await create(sandbox, "bird-html")).headers.get("content-type")).toBe("text/html");
  strike({ kind: "delay", ms: 200 });
  const started = performance.now();
  await create(sandbox, "bird-late");
  expect(performance.now() - started).toBeGreaterThan(190);
  strike({ kind: "hang" });
  const hanging = fetch(`${sandbox.apiUrl}/api/v1/cvms`, {
    method: "POST",
    signal: AbortSignal.timeout(300),
  });
  await expect(hanging).rejects.toThrow(/timeout/i);
});

test("other processes set faults and read requests over HTTP, with the key", async () => {
  const sandbox = await sandboxWith();
  const control = (key: string) =>
    fetch(`${sandbox.apiUrl}/__sandbox/faults`, {
      method: "POST",
      headers: { "x-api-key": key },
      body: JSON.stringify([{ ordinal: 2, action: { kind: "status", status: 503 } }]),
    });
  expect((await control("wrong")).status).toBe(401);
  expect((await control(sandbox.apiKey)).status).toBe(200);
  expect((await api(sandbox, "GET /auth/me")).status).toBe(200);
  expect((await api(sandbox, "GET /auth/me")).status).toBe(503);
  expect(sandbox.requests().map(({ ordinal, mutating }) => [ordinal, mutating])).toEqual([
    [1, false],
    [2, false],
  ]);
});

test("two servers over one cloud: neither loses the other's change, and a third finds both", async () => {
  const stateDir = path.join(await temporaryFolder(), "cloud");
  const [one, two] = [await sandboxWith({ stateDir }), await sandboxWith({ stateDir })];
  const made = Array.from({ length: 10 }, (_, index) => `bird-runner-${index}`);
  await Promise.all(made.map((name, index) => create(index % 2 === 0 ? one : two, name)));
  expect(await names(one)).toEqual(made);
  expect(await names(two)).toEqual(made);
  await one.close();
  const again = await sandboxWith({ stateDir });
  expect(again.apiUrl).toBe(one.apiUrl);
  expect(await names(again)).toEqual(made);
  expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(stateDir, "cloud.json"))).mode & 0o777).toBe(0o600);
});

test("the lock of a killed process holds nobody up", async () => {
  const stateDir = path.join(await temporaryFolder(), "cloud");
  const sandbox = await sandboxWith({ stateDir });
  // No process has this id: it is above the largest that Linux and macOS give.
  await writeFile(path.join(stateDir, "cloud.lock"), "99999999");
  const started = performance.now();
  await create(sandbox, "bird-registry");
  // A lock whose owner may live is waited for: 10 s.
  expect(performance.now() - started).toBeLessThan(9_000);
});

test("in the foreground it says when it is up, serves, and ends with its signal", async () => {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const stateDir = path.join(await temporaryFolder(), "cloud");
  const up = vi.fn<typeof variablesFor>(variablesFor);
  const done = runSandboxForeground({ stateDir, onUp: up, signal: stop.signal });
  await vi.waitFor(() => expect(up).toHaveBeenCalled(), 60_000);
  const variables = variablesFor(up.mock.calls[0]?.[0] as Sandbox);
  const value = (name: string): string => variables[name] ?? "";
  expect(value("PHALA_CLOUD_API_PREFIX")).toBe(`${value("PHALA_API_URL")}/api/v1`);
  expect(value("TEE_CLUSTER_GATEWAY_URL")).toContain("/gateway/{app_id}-{port}.{base_domain}");
  const askAccount = () =>
    fetch(`${value("PHALA_CLOUD_API_PREFIX")}/auth/me`, {
      headers: { "x-api-key": value("PHALA_API_KEY") },
    });
  expect((await askAccount()).status).toBe(200);
  stop.abort();
  expect(await done).toEqual(variables);
  await expect(askAccount()).rejects.toThrow("fetch failed");
});

/** `fetch` does not let a caller choose `Host`. */
function ask(sandbox: Sandbox, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const url = `${sandbox.apiUrl}/api/v1/auth/me`;
    const sent = request(
      url,
      { headers: { "x-api-key": sandbox.apiKey, ...headers } },
      (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      },
    );
    sent.on("error", reject).end();
  });
}

test("no other host name, no web site, no guessed key", async () => {
  const sandbox = await sandboxWith();
  const { port } = new URL(sandbox.apiUrl);
  expect(await ask(sandbox, {})).toBe(200);
  expect(await ask(sandbox, { host: `localhost:${port}` })).toBe(200);
  for (const host of [`evil.example:${port}`, "127.0.0.1", `127.0.0.1:${Number(port) + 1}`]) {
    expect(await ask(sandbox, { host })).toBe(421);
  }
  expect(await ask(sandbox, { origin: "https://evil.example" })).toBe(421);
  expect(await ask(sandbox, { "x-api-key": "phak_sandbox_example_key" })).toBe(401);
  const other = await sandboxWith();
  expect(other.apiKey).not.toBe(sandbox.apiKey);
  expect(sandbox.apiKey).toMatch(/^phak_sandbox_[\w-]{32}$/);
});

test("a CVM is renamed as in the dashboard, or moved; faults by name over HTTP", async () => {
  const sandbox = await sandboxWith();
  await create(sandbox, "bird-registry");
  const control = async (what: string, body: unknown) => {
    const headers = { "x-api-key": sandbox.apiKey };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(`${sandbox.apiUrl}/__sandbox/${what}`, init)).status;
  };
  expect(await control("alter", { id: "bird-registry", name: "renamed", node: "prod9" })).toBe(200);
  expect((await api(sandbox, "GET /cvms/renamed")).json).toMatchObject({
    node_info: { name: "prod9" },
  });
  expect((await api(sandbox, "GET /cvms/bird-registry")).status).toBe(404);
  expect(await control("alter", { id: "bird-registry", name: "x" })).toBe(404);
  expect(await control("alter", { id: "renamed", node: "prod99" })).toBe(422);
  expect(await control("faults", ["status=418,times=1"])).toBe(200);
  expect((await api(sandbox, "GET /auth/me")).status).toBe(418);
  expect((await api(sandbox, "GET /auth/me")).status).toBe(200);
  expect(await control("faults", ["nonsense"])).toBe(422);
});

test.runIf(process.getuid?.() === 0)(
  "a folder of another user is refused, an open one of ours is closed",
  async () => {
    const stateDir = path.join(await temporaryFolder(), "cloud");
    await mkdir(stateDir, { mode: 0o755 });
    const sandbox = await sandboxWith({ stateDir });
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    await sandbox.close();
    await chown(stateDir, 54_321, 54_321);
    await expect(sandboxWith({ stateDir })).rejects.toMatchObject({ code: "state-unwritable" });
  },
);
