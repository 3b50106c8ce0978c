/** Every fault by its name, as `--fault` takes it: what a client sees of it. */
import { createServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { FAULT_CATALOGUE } from "../../../src/sandbox/fault-catalogue.ts";
import { planFault } from "../../../src/sandbox/fault-text.ts";
import type { Sandbox } from "../../../src/sandbox/index.ts";
import { api, composeText, sandboxWith, service, stopClock, type Answer } from "./world.ts";

const FAST = { bootMs: 0, updateOldServesMs: 0, updateDownMs: 0, updateBootMs: 0 };
const provisioned = z.object({ app_id: z.string(), compose_hash: z.string() });
const named = z.object({ name: z.string().nullable() });

const faulty = (...faults: string[]): Promise<Sandbox> => sandboxWith({ timings: FAST, faults });

async function provision(
  sandbox: Sandbox,
  name: string,
): Promise<{ app_id: string; compose_hash: string }> {
  const compose_file = {
    docker_compose_file: await composeText("registry"),
    allowed_envs: ["MODE"],
  };
  const answer = await api(sandbox, "POST /cvms/provision", { body: { name, compose_file } });
  return provisioned.parse(answer.json);
}

async function create(sandbox: Sandbox, name: string): Promise<{ appId: string; answer: Answer }> {
  const body = await provision(sandbox, name);
  return { appId: body.app_id, answer: await api(sandbox, "POST /cvms", { body }) };
}

async function listed(sandbox: Sandbox): Promise<(string | null)[]> {
  const bare = z.array(named).parse((await api(sandbox, "GET /cvms")).json);
  const { json } = await api(sandbox, "GET /cvms/paginated?page=1&page_size=100");
  const pages = z.object({ items: z.array(named) }).parse(json);
  expect(pages.items).toEqual(bare);
  return bare.map(({ name }) => name);
}

const update = (sandbox: Sandbox, id: string) =>
  api(sandbox, `PATCH /cvms/${id}`, { body: { public_logs: false } });
const correlation = z.object({ correlation_id: z.string() });
const operationList = z.object({
  items: z.array(
    z.object({ correlation_id: z.string(), operation_type: z.string(), status: z.string() }),
  ),
});

async function operations(sandbox: Sandbox, id: string) {
  return operationList.parse((await api(sandbox, `GET /cvms/${id}/operations`)).json).items;
}

test("a create that lists and names don't know yet, and its id does", async () => {
  const pass = stopClock();
  const sandbox = await faulty("late-visible=1m");
  const { appId, answer } = await create(sandbox, "bird-registry");
  expect(answer.status).toBe(200);
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({ name: "bird-registry" });
  expect((await api(sandbox, "GET /cvms/bird-registry")).status).toBe(404);
  expect(await listed(sandbox)).toEqual([]);
  pass(61_000);
  expect(await listed(sandbox)).toEqual(["bird-registry"]);
  expect((await api(sandbox, "GET /cvms/bird-registry")).status).toBe(200);
});

test.each(["masked", "masked=401 page"])(
  "a create that works, and is told as refused: %s",
  async (fault) => {
    const sandbox = await faulty(fault);
    const { answer } = await create(sandbox, "bird-registry");
    expect(answer.status).toBe(401);
    expect(typeof answer.json).toBe(fault === "masked" ? "object" : "string");
    expect(await listed(sandbox)).toEqual(["bird-registry"]);
  },
);

test("a create that nobody sees at first: lost answer, name taken, there later", async () => {
  const pass = stopClock();
  const sandbox = await faulty("lost-create=1m");
  const body = await provision(sandbox, "bird-registry");
  await expect(api(sandbox, "POST /cvms", { body })).rejects.toThrow("fetch failed");
  expect((await api(sandbox, `GET /cvms/${body.app_id}`)).status).toBe(404);
  expect(await listed(sandbox)).toEqual([]);
  expect((await api(sandbox, "POST /cvms", { body })).status).toBe(409);
  pass(61_000);
  expect(await listed(sandbox)).toEqual(["bird-registry"]);
  expect((await api(sandbox, `GET /cvms/${body.app_id}`)).status).toBe(200);
});

test("a create that a load balancer repeats: 409 for our own CVM", async () => {
  const sandbox = await faulty("repeated-create");
  const { appId, answer } = await create(sandbox, "bird-registry");
  expect(answer).toMatchObject({ status: 409, json: { detail: { error_code: "ERR-01-004" } } });
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({ name: "bird-registry" });
  expect(await listed(sandbox)).toEqual(["bird-registry"]);
});

test("a create that makes two of one name and app_id", async () => {
  const sandbox = await faulty("replica");
  await create(sandbox, "bird-registry");
  expect(await listed(sandbox)).toEqual(["bird-registry", "bird-registry"]);
  const { cvms } = await sandbox.cloud();
  expect(new Set(cvms.map(({ appId }) => appId)).size).toBe(1);
  expect(new Set(cvms.map(({ vmUuid }) => vmUuid)).size).toBe(2);
});

test.each(["timed_out", "aborted", "rejected", "rolled_back", "cancelled"])(
  "an update whose operation ends as %s changes nothing",
  async (word) => {
    const sandbox = await faulty(`operation-ends=${word}`);
    const { appId } = await create(sandbox, "bird-registry");
    const before = (await api(sandbox, `GET /cvms/${appId}/compose_file`)).json;
    const answer = await update(sandbox, appId);
    const [newest] = await operations(sandbox, appId);
    expect([answer.status, newest?.status]).toEqual([200, word]);
    expect(newest?.correlation_id).toBe(correlation.parse(answer.json).correlation_id);
    expect((await api(sandbox, `GET /cvms/${appId}/compose_file`)).json).toEqual(before);
    expect((await service(sandbox, { appId }, "GET /health")).status).toBe(200);
    // It struck once.
    await update(sandbox, appId);
    expect((await operations(sandbox, appId))[0]?.status).toBe("completed");
  },
);

test("an update with an end in a word that nobody knows, one that never ends, one that never begins", async () => {
  const unknown = await faulty("operation-word=settled");
  const one = await create(unknown, "bird-registry");
  await update(unknown, one.appId);
  expect((await operations(unknown, one.appId))[0]?.status).toBe("settled");
  expect((await api(unknown, `GET /cvms/${one.appId}/compose_file`)).json).toMatchObject({
    public_logs: false,
  });

  const stuck = await faulty("operation-stuck");
  const two = await create(stuck, "bird-registry");
  await update(stuck, two.appId);
  expect((await operations(stuck, two.appId))[0]?.status).toBe("in_progress");
  expect((await api(stuck, `GET /cvms/${two.appId}`)).json).toMatchObject({
    progress: { target: "running" },
  });
  expect((await update(stuck, two.appId)).status).toBe(409);

  const missing = await faulty("operation-missing");
  const three = await create(missing, "bird-registry");
  expect((await update(missing, three.appId)).status).toBe(200);
  expect((await operations(missing, three.appId)).map((o) => o.operation_type)).toEqual(["create"]);
  expect((await api(missing, `GET /cvms/${three.appId}`)).json).toMatchObject({ progress: null });
});

test("what an API does not answer, or answers wrongly", async () => {
  const sandbox = await faulty("no-operations", "no-compose-file", "no-instance-types");
  const { appId } = await create(sandbox, "bird-registry");
  for (const [where, status] of [
    [`/cvms/${appId}/operations`, 404],
    [`/cvms/${appId}/compose_file`, 404],
    [`/cvms/${appId}/attestation`, 404],
    ["/instance-types", 500],
  ] as const) {
    expect((await api(sandbox, `GET ${where}`)).status).toBe(status);
  }
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({
    compose_hash: "f".repeat(64),
  });
  sandbox.setFaults(["no-allowed-envs"]);
  const { json } = await api(sandbox, `GET /cvms/${appId}/compose_file`);
  expect(json).toHaveProperty("docker_compose_file");
  expect(json).not.toHaveProperty("allowed_envs");
  sandbox.setFaults(["wrong-hash,times=1"]);
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({
    compose_hash: "f".repeat(64),
  });
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).not.toMatchObject({
    compose_hash: "f".repeat(64),
  });
});

test("lists: a null name, small pages, pages that shift, CVMs that are gone", async () => {
  const sandbox = await faulty("null-name");
  const made = await create(sandbox, "bird-runner-1");
  await create(sandbox, "bird-runner-2");
  await create(sandbox, "bird-runner-3");
  expect(await listed(sandbox)).toEqual([null, "bird-runner-1", "bird-runner-2", "bird-runner-3"]);
  const pages = z.object({ items: z.array(named), total: z.number(), pages: z.number() });
  const page = async (number: number) => {
    const { json } = await api(sandbox, `GET /cvms/paginated?page=${number}&page_size=100`);
    const { items, pages: count } = pages.parse(json);
    return [count, ...items.map(({ name }) => name)];
  };
  sandbox.setFaults(["small-pages=2"]);
  expect([await page(1), await page(2)]).toEqual([
    [2, "bird-runner-1", "bird-runner-2"],
    [2, "bird-runner-3"],
  ]);
  sandbox.setFaults(["small-pages=1", "page-shift=1"]);
  expect([await page(1), await page(2)]).toEqual([
    [3, "bird-runner-1"],
    [3, "bird-runner-3"],
  ]);
  sandbox.setFaults(["stale-lists=1h"]);
  await api(sandbox, `DELETE /cvms/${made.appId}`);
  expect(await listed(sandbox)).toContain("bird-runner-1");
  expect((await api(sandbox, `GET /cvms/${made.appId}`)).status).toBe(404);
  sandbox.setFaults(["slow-deletion=1h"]);
  await api(sandbox, "DELETE /cvms/bird-runner-2");
  expect((await api(sandbox, "GET /cvms/bird-runner-2")).json).toMatchObject({
    status: "deleting",
  });
});

/** In tenths of an hour. */
const ahead = (text: string): number => Math.round((Date.parse(text) - Date.now()) / 360_000);

test("time: a server's clock ahead, timestamps without a zone, with and without created_at", async () => {
  const sandbox = await faulty("clock-skew=2h", "zoneless-times", "created-at");
  await create(sandbox, "bird-registry");
  const { headers, json } = await api(sandbox, "GET /cvms/bird-registry");
  expect(ahead(headers.get("date") ?? "")).toBe(20);
  const { created_at: told } = z.object({ created_at: z.string() }).parse(json);
  expect(told).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+$/);
  expect(ahead(`${told}Z`)).toBe(20);
  sandbox.setFaults(["created-at=no"]);
  expect((await api(sandbox, "GET /cvms/bird-registry")).json).not.toHaveProperty("created_at");
});

test("provisionings: forgotten, disagreeing, and without a trace until they are committed", async () => {
  const sandbox = await faulty("provision-expires=0s");
  const expired = await provision(sandbox, "bird-registry");
  expect((await api(sandbox, "POST /cvms", { body: expired })).status).toBe(404);
  sandbox.setFaults(["provision-disagrees"]);
  const told = await provision(sandbox, "bird-registry");
  expect(told.compose_hash).not.toBe(expired.compose_hash);
  expect(await listed(sandbox)).toEqual([]);
  expect((await api(sandbox, "POST /cvms", { body: told })).status).toBe(200);
  expect((await api(sandbox, "GET /cvms/bird-registry")).json).toMatchObject({
    compose_hash: expired.compose_hash,
  });
});

test("busy, limited, redirected", async () => {
  const other = createServer((_request, response) => response.end("{}"));
  await once(other.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const sandbox = await faulty(
    "busy",
    "rate-limited=7,at=GET /auth/me$",
    `redirect=http://localhost:${port},times=1`,
  );
  expect((await api(sandbox, "POST /cvms", { body: {} })).status).toBe(409);
  const limited = await api(sandbox, "GET /auth/me");
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
  const moved = await fetch(`${sandbox.apiUrl}/api/v1/cvms?x=1`, { redirect: "manual" });
  expect([moved.status, moved.headers.get("location")]).toEqual([
    302,
    `http://localhost:${port}/api/v1/cvms?x=1`,
  ]);
  sandbox.setFaults([`redirect-permanently=http://localhost:${port}`]);
  expect((await fetch(sandbox.apiUrl, { redirect: "manual" })).status).toBe(301);
});

test("bodies: too large, an error that is too large, a gzip bomb, one that drips", async () => {
  const sandbox = await faulty("huge=3000000", "huge-error=3000000");
  const get = () =>
    fetch(`${sandbox.apiUrl}/api/v1/auth/me`, { headers: { "x-api-key": sandbox.apiKey } });
  const text = await (await get()).text();
  expect(text.length).toBe(3_000_000);
  expect(JSON.parse(text)).toMatchObject({ user: { username: "sandbox" } });
  sandbox.setFaults(["huge-error=3000000"]);
  const error = await get();
  expect([error.status, (await error.text()).length]).toEqual([500, 3_000_000]);
  sandbox.setFaults(["gzip-bomb=3000000"]);
  const bomb = await get();
  expect(bomb.headers.get("content-encoding")).toBe("gzip");
  expect((await bomb.text()).length).toBe(3_000_000);
  sandbox.setFaults(["drip=1h"]);
  const dripping = await get();
  const reader = dripping.body?.getReader();
  expect((await reader?.read())?.value).toHaveLength(1);
  await reader?.cancel();
});

test.each([
  ["nonsense", "unknown fault"],
  ["toString", "unknown fault"],
  ["hang=3", "takes no value"],
  ["delay=soon", "invalid duration"],
  ["delay,times=0", "invalid number"],
  ["delay,at=GET (", "invalid regular expression"],
  ["null-name,times=2", "no single request"],
])("%s is refused: %s", (text, why) => {
  expect(() => planFault(text)).toThrow(why);
});

test("where and how often: an endpoint, a count, the n-th request", () => {
  expect(planFault("reset-after,at=POST /cvms$,times=2,nth=3").faults).toEqual([
    { method: "POST", path: "/cvms$", times: 2, ordinal: 3, action: { kind: "reset-after" } },
  ]);
  expect(planFault("delay=1.5s,at=/auth/me").faults).toEqual([
    { path: "/auth/me", action: { kind: "delay", ms: 1500 } },
  ]);
});

test("docs/sandbox.md has the catalogue", async () => {
  const page = await readFile(new URL("../../../docs/sandbox.md", import.meta.url), "utf8");
  const rows = new Map(
    [
      ...(page.split("\n## Faults\n")[1]?.split("Faults without a name")[0] ?? "").matchAll(
        /^\| `([a-z-]+)(?:=(\S+))?` +\| \S.* +\|$/gm,
      ),
    ].map(([, name, value]) => [name, value]),
  );
  const expected = Object.entries(FAULT_CATALOGUE).map(([name, { value }]) => [
    name,
    value?.fallback,
  ]);
  expect([...rows]).toEqual(expected);
});
