/**
 * The sandbox against the platform's own contract: every answer parses with the SDK's own zod schemas, in both
 * versions of the API. The SDK's client sends the requests, too.
 */
import * as sdkModule from "@phala/cloud";
import { expect, test } from "vitest";
import type { Sandbox } from "../../../src/sandbox/index.ts";
import { composeText, sandboxWith } from "./world.ts";

/** Which of the SDK's actions this file has asked for. */
const asked = new Set<string>();
const phala = new Proxy(sdkModule, {
  get(module, name: keyof typeof sdkModule) {
    asked.add(name);
    return module[name];
  },
});

const VERSIONS: readonly sdkModule.ApiVersion[] = ["2025-10-28", "2026-01-21"];
const FAST = { bootMs: 0, updateOldServesMs: 0, updateDownMs: 0, updateBootMs: 0 };

function sdk(sandbox: Sandbox, version: sdkModule.ApiVersion) {
  return phala.createClient({
    apiKey: sandbox.apiKey,
    baseURL: `${sandbox.apiUrl}/api/v1`,
    version,
  });
}
type Client = ReturnType<typeof sdk>;

const composeFile = async () => ({
  docker_compose_file: await composeText("registry"),
  allowed_envs: ["MODE"],
});

async function create(client: Client, name: string) {
  const provisioned = await phala.provisionCvm(client, { name, compose_file: await composeFile() });
  const { app_id, compose_hash } = provisioned;
  if (!app_id) throw new Error("no app_id");
  return phala.commitCvmProvision(client, { app_id, compose_hash });
}

test.each(VERSIONS)("%s: account, nodes, sizes and KMS", async (version) => {
  const client = sdk(await sandboxWith(), version);
  expect(await phala.getCurrentUser(client)).toBeTruthy();
  expect((await phala.getAvailableNodes(client)).nodes.map(({ name }) => name)).toContain("prod10");
  const { result } = await phala.listAllInstanceTypeFamilies(client);
  expect(result[0]?.items.map(({ id }) => id)).toContain("tdx.8xlarge");
  expect((await phala.listFamilyInstanceTypes(client, { family: "cpu" })).total).toBe(7);
  expect((await phala.getWorkspaceNodes(client, { teamSlug: "sandbox" })).items).toHaveLength(3);
  expect((await phala.getOsImages(client)).items).toHaveLength(1);
  expect(await phala.listSshKeys(client)).toEqual([]);
  expect((await phala.getKmsList(client)).items).toMatchObject([{ slug: "phala" }]);
});

test.each(VERSIONS)("%s: what is told of a CVM, in each state of its life", async (version) => {
  const sandbox = await sandboxWith({ timings: { ...FAST, bootMs: 60_000 } });
  const client = sdk(sandbox, version);
  await create(client, "bird-booting");
  const running = sdk(await sandboxWith({ timings: FAST }), version);
  await create(running, "bird-registry");
  for (const [of, id] of [
    [client, "bird-booting"],
    [running, "bird-registry"],
  ] as const) {
    const info = await phala.getCvmInfo(of, { id });
    expect(info).toMatchObject({ name: id });
    expect(await of.get(`/cvms/${id}`)).not.toHaveProperty("created_at");
    expect(await phala.getCvmContainersStats(of, { id })).toMatchObject({
      runner: "docker-compose",
    });
    expect(await phala.getCvmAttestation(of, { id })).toMatchObject({
      is_online: id === "bird-registry",
    });
    expect((await phala.getCvmComposeFile(of, { id })).docker_compose_file).toBe(
      await composeText("registry"),
    );
    expect(await phala.getCvmUserConfig(of, { id })).toMatchObject({ hostname: id });
    const [cvm] = (await (of === client ? sandbox.cloud() : Promise.resolve({ cvms: [] }))).cvms;
    const uuids = cvm ? [cvm.vmUuid] : [];
    expect(Object.keys(await phala.getCvmStatusBatch(of, { vmUuids: uuids }))).toHaveLength(
      uuids.length,
    );
  }
});

test.each(VERSIONS)("%s: lists of CVMs and apps, replicas among them", async (version) => {
  const sandbox = await sandboxWith({ timings: FAST });
  const client = sdk(sandbox, version);
  const made = await create(client, "bird-registry");
  await create(client, "bird-runner-1");
  const replica = await phala.replicateCvm(client, { id: "bird-registry" });
  expect([replica.app_id, replica.name]).toEqual([made.app_id, made.name]);
  expect(replica.vm_uuid).not.toBe(made.vm_uuid);
  const second = await phala.createAppInstance(client, { appId: made.app_id ?? "" });
  expect(second.app_id).toBe(made.app_id);
  await phala.deleteCvm(client, { id: second.vm_uuid ?? "" });
  const list = await phala.getCvmList(client, { page: 1, page_size: 2 });
  expect([list.items.length, list.total, list.pages]).toEqual([2, 3, 2]);
  const apps = await phala.getAppList(client, { page: 1, page_size: 50 });
  expect(apps.dstack_apps.map(({ cvm_count: count }) => count)).toEqual([2, 1]);
  const appId = made.app_id ?? "";
  expect(await phala.getAppInfo(client, { appId })).toMatchObject({ app_id: appId });
  expect(await phala.getAppCvms(client, { appId })).toHaveLength(2);
  expect((await phala.getAppAttestation(client, { appId })).instances[0]).toHaveProperty("quote");
  const sealing = await phala.getAppEnvEncryptPubKey(client, { kms: "phala", app_id: appId });
  expect(sealing.public_key).toBe(made.encrypted_env_pubkey);
  expect(await phala.getAppDeviceAllowlist(client, { appId })).toMatchObject({
    is_onchain_kms: false,
  });
});

test.each(VERSIONS)("%s: every way to change a CVM", async (version) => {
  const sandbox = await sandboxWith({ timings: FAST });
  const client = sdk(sandbox, version);
  await create(client, "bird-registry");
  const id = "bird-registry";
  const text = `${await composeText("registry")}# changed\n`;
  expect(await phala.patchCvm(client, { id, docker_compose_file: text })).toMatchObject({
    requiresOnChainHash: false,
  });
  expect((await phala.getCvmComposeFile(client, { id })).docker_compose_file).toBe(text);
  const environment = { encrypted_env: "ab".repeat(80), env_keys: ["MODE", "AWS_REGION"] };
  expect(await phala.updateCvmEnvs(client, { id, ...environment })).toMatchObject({
    allowed_envs_changed: true,
  });
  expect((await phala.getCvmComposeFile(client, { id })).allowed_envs).toEqual([
    "MODE",
    "AWS_REGION",
  ]);
  expect(await phala.shutdownCvm(client, { id })).toMatchObject({ status: "stopped" });
  expect(await phala.startCvm(client, { id })).toBeTruthy();
  expect(await phala.restartCvm(client, { id })).toBeTruthy();
  expect(await phala.stopCvm(client, { id })).toBeTruthy();
  await phala.deleteCvm(client, { id });
  await expect(phala.getCvmInfo(client, { id })).rejects.toThrow("CVM not found");
});

/** What the stand-in does not have, and why. `phala` has commands for those with a star. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  ...because("on-chain KMS, which is refused before anything is made", [
    "addComposeHash",
    "addDevice",
    "checkAppCvmsIsAllowed",
    "checkAppIsAllowed",
    "checkComposeHashAllowed",
    "checkCvmIsAllowed",
    "checkDeviceAllowed",
    "checkOnChainPrerequisites",
    "commitCvmUpdate",
    "confirmCvmPatch",
    "deployAppAuth",
    "getAllowedDevices",
    "getKmsOnChainDetail",
    "removeDevice",
    "setAllowAnyDevice",
  ]),
  ...because("an operator's SSH keys (*): no CVM of ours lets anybody log in", [
    "createSshKey",
    "deleteSshKey",
    "importGithubProfileSshKeys",
    "syncGithubSshKeys",
  ]),
  ...because("another size or OS image of a CVM (*): a registry is made again for that", [
    "updateCvmResources",
    "updateOsImage",
  ]),
  ...because("repairs of the platform's own records", [
    "refreshCvmInstanceId",
    "refreshCvmInstanceIds",
  ]),
  ...because("requests that neither tee-cluster nor the CLI makes", [
    "commitCvmComposeFileUpdate",
    "getAppFilterOptions",
    "getAppRevisionDetail",
    "getAppRevisions",
    "getAvailableOsImages",
    "getCvmDockerCompose",
    "getCvmNetwork",
    "getCvmPreLaunchScript",
    "getCvmState",
    "getCvmStats",
    "getKmsInfo",
    "getWorkspace",
    "getWorkspaceQuotas",
    "listWorkspaces",
    "nextAppIds",
    "provisionCvmComposeFileUpdate",
    "updateCvmVisibility",
    "updateDockerCompose",
    "updatePreLaunchScript",
    "watchCvmState",
  ]),
  ...because("no request", ["validateActionParameters"]),
};

function because(why: string, actions: readonly string[]): Record<string, string> {
  return Object.fromEntries(actions.map((action) => [action, why]));
}

test("every action of the SDK is asked for above, or it is said why not", () => {
  const safe = Object.keys(sdkModule).filter((name) => name.startsWith("safe"));
  const actions = safe.map((name) => `${name.charAt(4).toLowerCase()}${name.slice(5)}`);
  expect(actions.length).toBeGreaterThan(60);
  const open = [...actions, "watchCvmState"].filter((action) => !asked.has(action));
  expect(open.toSorted()).toEqual(Object.keys(NOT_OFFERED).toSorted());
});
