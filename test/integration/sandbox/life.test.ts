/** A CVM's life in the sandbox: boots that fail, deletion, what is told of it meanwhile. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { interpolate } from "../../../src/sandbox/interpreter.ts";
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
  stopClock,
} from "./world.ts";

const ids = z.object({ app_id: z.string(), compose_hash: z.string() });

/** Without the CLI, and so without an environment unless one is given as it would be encrypted. */
async function create(
  sandbox: Sandbox,
  name: string,
  more: { compose?: string; encrypted_env?: string } = {},
): Promise<string> {
  const compose_file = { docker_compose_file: more.compose ?? (await composeText("runner")) };
  const provisioned = await api(sandbox, "POST /cvms/provision", { body: { name, compose_file } });
  const known = ids.parse(provisioned.json);
  const body = { ...known, encrypted_env: more.encrypted_env };
  expect((await api(sandbox, "POST /cvms", { body })).status).toBe(200);
  return known.app_id;
}

test.each([
  ["$A ${A} $$A ${NONE}", "1 1 $A "],
  ["${NONE:-d} ${NONE-d} ${EMPTY:-d} ${EMPTY-d}", "d d d "],
  ["${A:-d}${A-d}", "11"],
  ["${NONE:-${A}}", "1"],
  ["${A:+set}${NONE:+set}${EMPTY+set}", "setset"],
  ["${A:?needed}", "1"],
])("%s is filled in as docker compose does", (text, filled) => {
  expect(
    interpolate(
      text,
      new Map([
        ["A", "1"],
        ["EMPTY", ""],
      ]),
    ),
  ).toBe(filled);
});

test("a required variable that is missing is an error with its name", () => {
  expect(() => interpolate("${KEY:?give a key}", new Map([["KEY", ""]]))).toThrow("KEY");
});

test("a CVM whose environment or compose file is of no use does not boot, and says why", async () => {
  const sandbox = await sandboxWith();
  const needy =
    'services:\n  spawn:\n    image: spawntee\n    environment: ["KEY=${KEY:?none given}"]\n';
  const cases = [
    [await create(sandbox, "bird-needy", { compose: needy }), "KEY"],
    [await create(sandbox, "bird-sealed", { encrypted_env: "ab".repeat(90) }), "decrypted"],
    [await create(sandbox, "bird-broken", { compose: "services:\n  spawn: none\n" }), "refuses"],
  ] as const;
  for (const [appId, why] of cases) {
    expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({ status: "error" });
    expect((await api(sandbox, `GET /cvms/${appId}/operations`)).json).toMatchObject({
      items: [{ status: "failed", error_message: expect.stringContaining(why) }],
    });
    expect((await service(sandbox, { appId }, "GET /health")).status).toBe(502);
  }
});

test("both spellings of environment and ports are understood", async () => {
  const sandbox = await sandboxWith();
  const compose = `services:
  spawn:
    image: spawntee
    environment: {MODE: "\${MODE:-runner}"}
    ports: ["127.0.0.1:9100-9101:80-81", {target: 8080, published: "9102"}, "9103:53/udp"]
  web:
    image: nginx
    ports: ["9104:80"]
`;
  const appId = await create(sandbox, "bird-mapped", { compose });
  for (const port of [9100, 9101, 9102]) {
    expect((await service(sandbox, { appId, port }, "GET /health")).json).toMatchObject({
      mode: "runner",
    });
  }
  expect((await service(sandbox, { appId, port: 9103 }, "GET /health")).status).toBe(502);
  const web = await service(sandbox, { appId, port: 9104 }, "GET /health");
  expect(web.status).toBe(200);
  expect(web.json).not.toHaveProperty("service");
});

test("deletion takes its time: reported until it is over, not serving, its name still taken", async () => {
  const pass = stopClock();
  const sandbox = await sandboxWith({ timings: { bootMs: 0, deletionMs: 60_000 } });
  const appId = await create(sandbox, "bird-runner-temp");
  expect((await api(sandbox, `DELETE /cvms/${appId}`)).status).toBe(204);
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({ status: "deleting" });
  expect((await service(sandbox, { appId }, "GET /health")).status).toBe(502);
  expect((await api(sandbox, `POST /cvms/${appId}/start`, { body: {} })).status).toBe(409);
  const body = {
    name: "bird-runner-temp",
    compose_file: { docker_compose_file: await composeText("runner") },
  };
  expect((await api(sandbox, "POST /cvms/provision", { body })).status).toBe(409);
  pass(61_000);
  expect((await api(sandbox, `GET /cvms/${appId}`)).status).toBe(404);
  expect((await api(sandbox, "POST /cvms/provision", { body })).status).toBe(200);
});

const attestation = z.object({
  tcb_info: z.object({
    rtmr3: z.string(),
    event_log: z.array(
      z.object({ event: z.string(), event_payload: z.string(), digest: z.string() }),
    ),
  }),
});

test("the event log replays to RTMR3 and holds the compose hash", async () => {
  const sandbox = await sandboxWith();
  const appId = await create(sandbox, "bird-registry");
  const { tcb_info: info } = attestation.parse(
    (await api(sandbox, `GET /cvms/${appId}/attestation`)).json,
  );
  let register: Buffer = Buffer.alloc(48);
  for (const { digest } of info.event_log) {
    register = createHash("sha384")
      .update(Buffer.concat([register, Buffer.from(digest, "hex")]))
      .digest();
  }
  expect(register.toString("hex")).toBe(info.rtmr3);
  const [cvm] = (await sandbox.cloud()).cvms;
  const event = info.event_log.find((entry) => entry.event === "compose-hash");
  expect(event?.event_payload).toBe(cvm?.current.composeHash);
});

test("operations come in pages, newest first", async () => {
  const timings = { bootMs: 0, updateBootMs: 0 };
  const sandbox = await sandboxWith({ timings });
  const appId = await create(sandbox, "bird-registry");
  for (const verb of ["stop", "start", "restart"]) {
    expect((await api(sandbox, `POST /cvms/${appId}/${verb}`, { body: {} })).status).toBe(200);
  }
  const first = await api(sandbox, `GET /cvms/${appId}/operations?limit=3`);
  expect(first.json).toMatchObject({
    items: [
      { operation_type: "restart" },
      { operation_type: "power_on" },
      { operation_type: "shutdown" },
    ],
    total: 4,
    next_cursor: "3",
  });
  expect((await api(sandbox, `GET /cvms/${appId}/operations?limit=3&cursor=3`)).json).toMatchObject(
    {
      items: [{ operation_type: "create" }],
      next_cursor: null,
    },
  );
});

test("a request remembers the fault that struck it", async () => {
  const sandbox = await sandboxWith();
  sandbox.setFaults([{ path: "/auth/me$", times: 1, action: { kind: "status", status: 500 } }]);
  await api(sandbox, "GET /auth/me");
  await api(sandbox, "GET /auth/me");
  expect(sandbox.requests().map(({ fault }) => fault)).toEqual(["status", undefined]);
});

test("no value of an environment is in the cloud's folder, or in what other processes can ask for", async () => {
  const stateDir = path.join(await temporaryFolder(), "cloud");
  const sandbox = await sandboxWith({ stateDir });
  const secret = "canary/secret+value";
  const environment = { AWS_SECRET_ACCESS_KEY: secret };
  appIdOf(
    await deploy(sandbox, { name: "bird-registry", compose: composePath("registry"), environment }),
  );
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm && sandbox.environment(cvm).get("AWS_SECRET_ACCESS_KEY")).toBe(secret);
  const headers = { "x-api-key": sandbox.apiKey };
  const told = await Promise.all(
    ["requests", "cloud"].map(async (what) =>
      (await fetch(`${sandbox.apiUrl}/__sandbox/${what}`, { headers })).text(),
    ),
  );
  const kept = await Promise.all(
    (await readdir(stateDir)).map((file) => readFile(path.join(stateDir, file), "utf8")),
  );
  const texts = [...told, ...kept].join("\n");
  expect(texts).toContain("bird-registry");
  expect(texts).not.toContain(secret);
});
