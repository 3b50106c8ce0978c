/** The real phala CLI against the sandbox, as a person would run it. */
import { expect, test } from "vitest";
import { z } from "zod";
import { composeHashOf } from "../../../src/core/compose-hash.ts";
import { runPhala } from "../../helpers/phala-bin.ts";
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

const registry = (environment: Record<string, string>, cvmId?: string) => ({
  name: "bird-registry",
  compose: composePath("registry"),
  environment,
  ...(cvmId === undefined ? {} : { cvmId }),
});

test("create, refuse the same name, delete, create again", async () => {
  const sandbox = await sandboxWith();
  const appId = appIdOf(await deploy(sandbox, registry({ MODE: "registry+runner" })));
  const again = await deploy(sandbox, registry({ MODE: "registry+runner" }));
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("already exists");

  expect(
    (await runPhala(["cvms", "delete", `app_${appId}`, "--force", "--json"], sandbox)).code,
  ).toBe(0);
  const gone = await runPhala(["cvms", "delete", appId, "--force", "--json"], sandbox);
  expect(gone).toMatchObject({ code: 1 });
  expect(gone.stdout + gone.stderr).toContain("CVM not found");

  // Through the API: another start of the CLI would show nothing new.
  const compose_file = { docker_compose_file: await composeText("registry") };
  const body = { name: "bird-registry", compose_file };
  const next = await api(sandbox, "POST /cvms/provision", { body });
  expect((await api(sandbox, "POST /cvms", { body: next.json })).status).toBe(200);
  const { cvms } = await sandbox.cloud();
  expect(cvms.map((cvm) => cvm.name)).toEqual(["bird-registry", "bird-registry"]);
  expect(new Set(cvms.map((cvm) => cvm.appId)).size).toBe(2);
});

test("the measured app-compose is the platform's, with our text and our names in order", async () => {
  const sandbox = await sandboxWith();
  const appId = appIdOf(
    await deploy(sandbox, registry({ MODE: "runner", AWS_REGION: "eu-west-1" })),
  );
  const { json: measured } = await api(sandbox, `GET /cvms/app_${appId}/compose_file`);
  expect(measured).toEqual({
    allowed_envs: ["MODE", "AWS_REGION"],
    docker_compose_file: await composeText("registry"),
    features: ["kms", "tproxy-net"],
    gateway_enabled: true,
    kms_enabled: true,
    local_key_provider_enabled: false,
    manifest_version: 2,
    name: "",
    no_instance_id: false,
    pre_launch_script: expect.any(String),
    public_logs: expect.any(Boolean),
    public_sysinfo: expect.any(Boolean),
    public_tcbinfo: true,
    runner: "docker-compose",
    secure_time: false,
    storage_fs: "zfs",
    tproxy_enabled: true,
  });
  const { json } = await api(sandbox, `GET /cvms/${appId}`);
  expect(json).toMatchObject({ compose_hash: composeHashOf(z.looseObject({}).parse(measured)) });
});

test("an update: the old instance answers, then nobody, then the new one, with the new environment", async () => {
  const pass = stopClock();
  const timings = {
    bootMs: 0,
    updateOldServesMs: 60_000,
    updateDownMs: 60_000,
    updateBootMs: 60_000,
  };
  const sandbox = await sandboxWith({ timings, behaviour: { uptimeSeconds: true } });
  const appId = appIdOf(await deploy(sandbox, registry({ MODE: "registry", AWS_REGION: "x" })));
  expect((await deploy(sandbox, registry({ MODE: "runner" }, appId))).code).toBe(0);

  const during = await service(sandbox, { appId }, "GET /health");
  expect(during.json).toMatchObject({ mode: "registry" });
  expect((await api(sandbox, `GET /cvms/${appId}`)).json).toMatchObject({
    progress: { target: "running" },
  });
  expect((await api(sandbox, `PATCH /cvms/${appId}`, { body: {} })).status).toBe(409);

  pass(61_000);
  expect((await service(sandbox, { appId }, "GET /health")).status).toBe(502);
  pass(121_000);
  expect((await service(sandbox, { appId }, "GET /health")).json).toMatchObject({
    mode: "runner",
    uptime_seconds: 2,
  });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm && [...sandbox.environment(cvm)]).toEqual([["MODE", "runner"]]);
  expect((await api(sandbox, `GET /cvms/${appId}/operations`)).json).toMatchObject({
    items: [
      { operation_type: "compose_update", status: "completed" },
      { operation_type: "create", status: "completed" },
    ],
    total: 2,
  });
});

test("status tells a good key from a bad one", async () => {
  const sandbox = await sandboxWith();
  const good = await runPhala(["status", "--json"], sandbox);
  expect(good.code).toBe(0);
  expect(good.stdout).toContain('"username": "sandbox"');
  expect((await runPhala(["status", "--json"], sandbox, { apiKey: "phak_wrong" })).code).toBe(1);
});

const firstJson = (text: string): unknown => JSON.parse(text.slice(text.indexOf("{")));

test("list, ps, logs and an update of the environment by the CLI itself", async () => {
  const timings = { bootMs: 0, updateOldServesMs: 0, updateDownMs: 0, updateBootMs: 0 };
  const sandbox = await sandboxWith({ timings });
  const appId = appIdOf(
    await deploy(sandbox, registry({ MODE: "registry", AWS_REGION: "eu-west-1" })),
  );
  const phala = (...args: string[]) => runPhala(args, sandbox);
  const list = await phala("cvms", "list", "--json");
  expect(list.code).toBe(0);
  expect(firstJson(list.stdout)).toMatchObject({
    success: true,
    total: 1,
    items: [{ cvmName: "bird-registry" }],
  });
  expect(firstJson((await phala("ps", "--cvm-id", appId, "--json")).stdout)).toMatchObject({
    success: true,
  });
  const logs = await phala("logs", "spawn-service", "--cvm-id", appId);
  expect([logs.code, logs.stdout]).toEqual([0, expect.stringContaining("mode registry")]);
  expect(logs.stdout).not.toContain("eu-west-1");
  expect((await phala("logs", "--serial", "--cvm-id", appId)).stdout).toContain("booting");

  expect(await phala("envs", "update", appId, "-e", "MODE=runner")).toMatchObject({ code: 0 });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm && [...sandbox.environment(cvm)]).toEqual([["MODE", "runner"]]);
  expect((await api(sandbox, `GET /cvms/${appId}/compose_file`)).json).toMatchObject({
    allowed_envs: ["MODE"],
  });
});

test("nodes, sizes, images, KMS, replicas by the CLI itself", async () => {
  const sandbox = await sandboxWith();
  const appId = appIdOf(await deploy(sandbox, registry({ MODE: "registry" })));
  for (const args of [
    ["instance-types", "--json"],
    ["os-images", "--json"],
    ["kms", "--json"],
    ["apps", "--json"],
    ["whoami"],
    ["runtime-config", "--cvm-id", appId],
  ]) {
    expect([args, (await runPhala(args, sandbox)).code]).toEqual([args, 0]);
  }
  const replica = await runPhala(["cvms", "replicate", appId, "--json"], sandbox);
  expect(replica.code).toBe(0);
  const { cvms } = await sandbox.cloud();
  expect(cvms.map(({ name }) => name)).toEqual(["bird-registry", "bird-registry"]);
});
