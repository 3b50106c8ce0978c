/** `status` as a user runs it, on a cluster that `init` has set up: it reads, and says what is so. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { FailureResult } from "../../src/core/results.ts";
import type { StatusResult } from "../../src/commands/status/result.ts";
import type { CvmStatus } from "../../src/commands/status/result.ts";
import { deployRunner } from "../helpers/orchestrator.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  cloudOf,
  COMPOSE_FOLDER,
  makeWorld,
  mutationsOf,
  type Run,
  type World,
} from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";
import { startInTerminal } from "../helpers/terminal.ts";

const RUNNER_COMPOSE = path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml");
const AS_ORCHESTRATOR = ["REGISTRY_URL", "CAPACITY_THRESHOLD"].map((name) => ({
  name,
  value: "1",
}));
const SSH_KEY = { name: "DSTACK_AUTHORIZED_KEYS", value: "ssh-ed25519 AAAA" };
const RUNNER = "bird-tracker-runner-00000001";
const WITH_SSH_KEY = "bird-tracker-runner-00000002";
const OTHER_TAG = "bird-tracker-runner-00000003";

const answer = ({ stdout }: Run): StatusResult =>
  expectValid("status", stdout) as unknown as StatusResult;
const failure = ({ stdout }: Run): FailureResult["error"] =>
  (expectValid("failure", stdout) as unknown as FailureResult).error;
const cvmOf = ({ cvms }: StatusResult, name: string): CvmStatus | undefined =>
  cvms.find((cvm) => cvm.name === name);
const codes = ({ findings }: StatusResult): string[] =>
  findings.map(({ code, severity }) => `${severity} ${code}`);

const deploy = (world: World, name: string, file = RUNNER_COMPOSE, environment = AS_ORCHESTRATOR) =>
  deployRunner(world.sandbox, "bird-tracker", file, environment, name);

/** Everything in a folder, by path. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")])),
  );
}

test("a healthy cluster, a refused runner and why, a stranger's machine; nothing is changed or written", async () => {
  const world = await makePreparedWorld();
  await deploy(world, RUNNER);
  await deploy(world, "bird-tracker-runner-not-ours");
  await expect.poll(() => running(world)).toBe(3);
  const before = await contentsOf(world.stateDir);
  world.sandbox.resetRequests();

  const healthy = await world.run(["status", "--json"]);
  expect(healthy.exitCode).toBe(0);
  const all = answer(healthy);
  expect([all.ok, codes(all)]).toEqual([true, []]);
  // The registry and a runner; a stranger's machine costs somebody else.
  expect(all.usd_per_hour).toBeGreaterThan(0.1);
  expect(all.usd_per_hour).toBeLessThan(0.3);
  expect(all.cvms.map(({ name, role }) => [name, role])).toEqual([
    ["bird-tracker-registry", "registry"],
    [RUNNER, "runner"],
  ]);
  const { approved } = await cloudOf(world.sandbox);
  expect(all.approved_list).toMatchObject({
    standing: "confirmed",
    compose_hashes: approved,
    via: "restart",
  });
  expect(all.drift).toMatchObject({ status: "approved", predicted_compose_hash: approved[0] });
  expect(cvmOf(all, RUNNER)).toMatchObject({
    status: "running",
    health: "healthy",
    mode: "runner",
    node: "prod10",
    instance_type: "tdx.medium",
    capacity: { accepting_new_models: true, running_models: 0, total_memory_mb: 4096 },
    compose_hash: approved[0],
    compose_hash_checked: true,
    approved: true,
    refusal: null,
  });
  expect(cvmOf(all, "bird-tracker-registry")).toMatchObject({
    mode: "registry+runner",
    approved: null,
  });

  const elsewhere = await world.run(["status", "--json"], {
    TEE_CLUSTER_STATE_DIR: `${world.stateDir}-none`,
  });
  expect(elsewhere.exitCode).toBe(0);
  const unknown = answer(elsewhere);
  expect(unknown.approved_list).toMatchObject({ standing: "unknown", compose_hashes: null });
  expect(cvmOf(unknown, RUNNER)?.approved).toBeNull();
  // Predicted from the live runner, as nothing is recorded; whether it is approved is another matter.
  expect(unknown.drift).toMatchObject({
    predicted_compose_hash: approved[0],
    status: "unknown",
    basis: { kind: "live-runner", name: RUNNER },
  });
  expect(codes(unknown)).toEqual(["warning approved-list-unknown"]);

  await deploy(world, WITH_SSH_KEY, RUNNER_COMPOSE, [...AS_ORCHESTRATOR, SSH_KEY]);
  const text = await readFile(RUNNER_COMPOSE, "utf8");
  const retagged = path.join(world.folder, "retagged.yml");
  await writeFile(retagged, text.replace(/spawntee@sha256:\w+/, "spawntee:0.8.43"));
  await deploy(world, OTHER_TAG, retagged);
  await expect.poll(() => running(world)).toBe(5);
  world.sandbox.resetRequests();
  const refused = await world.run(["status", "--json", "--runner-compose", retagged]);
  expect(refused.exitCode).toBe(7);
  const result = answer(refused);
  expect(codes(result)).toEqual([
    "error runner-refused",
    "error runner-refused",
    "error runner-compose-not-approved",
  ]);
  expect(cvmOf(result, RUNNER)?.approved).toBe(true);
  expect(cvmOf(result, WITH_SSH_KEY)).toMatchObject({
    approved: false,
    refusal: {
      compared_with: { kind: "approved", compose_hash: approved[0] },
      differences: [
        { field: "allowed_envs", message: "environment names too many: DSTACK_AUTHORIZED_KEYS" },
      ],
    },
  });
  const [difference] = cvmOf(result, OTHER_TAG)?.refusal?.differences ?? [];
  expect(difference?.field).toBe("docker_compose_file");
  expect(difference?.message).toContain("+ image: ghcr.io/example/spawntee:0.8.43");
  // What the local file makes is for rotate-hash to approve; what nobody has asked for is not.
  const remedies = Object.fromEntries(result.findings.map(({ cvm, remedy }) => [cvm, remedy]));
  expect(remedies[OTHER_TAG]).toBe(`tee-cluster rotate-hash --runner-compose ${retagged}`);
  expect(remedies[WITH_SSH_KEY]).toContain("rotate-hash --keep");
  expect(remedies[WITH_SSH_KEY]).not.toContain("delete");

  expect(mutationsOf(world.sandbox)).toEqual([]);
  expect(await contentsOf(world.stateDir)).toEqual(before);
  expect(await readdir(path.dirname(world.stateDir))).not.toContain("state-none");
});

async function running(world: World): Promise<number> {
  const key = { "x-api-key": world.sandbox.apiKey };
  const list = await fetch(`${world.sandbox.apiUrl}/api/v1/cvms`, { headers: key });
  return ((await list.json()) as { status: string }[]).filter(({ status }) => status === "running")
    .length;
}

test("no registry, no key that counts, no answer: each its exit code, and none is an empty cluster", async () => {
  const world = await makeWorld();
  const none = await world.run(["status", "--json"]);
  expect(none.exitCode).toBe(7);
  expect(answer(none)).toMatchObject({
    ok: false,
    cvms: [],
    findings: [{ code: "no-registry", remedy: "tee-cluster init --cluster-name bird-tracker" }],
  });

  // No path given anywhere, and none at the default one: nothing to compare, which is no reason to worry.
  const bare = await world.run(["status", "--json"], { TEE_CLUSTER_RUNNER_COMPOSE: "" });
  expect(codes(answer(bare))).toEqual(["error no-registry", "note runner-compose-missing"]);

  const wrongKey = await world.run(["status", "--json"], {
    PHALA_API_KEY: "phak_another_key_00000",
  });
  expect([wrongKey.exitCode, failure(wrongKey).code]).toEqual([3, "api-key-refused"]);

  world.sandbox.setFaults([{ path: "/cvms/paginated$", action: { kind: "html" } }]);
  const down = await world.run(["status", "--json"]);
  expect([down.exitCode, failure(down).code]).toEqual([4, "not-the-api"]);

  const both = await world.run(["status", "--json", "--watch"]);
  expect([both.exitCode, failure(both).code]).toEqual([2, "watch-with-json"]);
});

test("what can't be found out is said to be unknown; a registry that does not answer is a problem", async () => {
  const world = await makePreparedWorld();
  await deploy(world, RUNNER);
  await expect.poll(() => running(world)).toBe(2);
  world.sandbox.setFaults([
    { path: "/operations$", action: { kind: "status", status: 404 } },
    { path: "/compose_file$", action: { kind: "half-json" } },
    { path: "/attestation$", action: { kind: "status", status: 404 } },
    { path: "^/gateway/.*/health$", action: { kind: "html" } },
  ]);
  const run = await world.run(["status", "--json"], { TEE_CLUSTER_RUNNER_COMPOSE: "nowhere.yml" });
  expect(run.exitCode).toBe(7);
  const result = answer(run);
  expect(codes(result)).toEqual([
    "error registry-unhealthy",
    "warning approved-list-unconfirmed",
    "warning app-compose-unread",
    "warning app-compose-unread",
    "warning runner-silent",
    "warning runner-compose-missing",
  ]);
  expect(result.drift).toBeNull();
  expect(cvmOf(result, RUNNER)).toMatchObject({
    approved: null,
    compose_hash_checked: null,
    health: null,
  });

  // The API's word for a hash is checked against the app-compose that it gives.
  world.sandbox.setFaults([
    { path: "/compose_file$", action: { kind: "lie", fields: { public_logs: "by-hand" } } },
    { path: "/attestation$", action: { kind: "status", status: 404 } },
  ]);
  const lies = await world.run(["status", "--json"], { TEE_CLUSTER_RUNNER_COMPOSE: "nowhere.yml" });
  expect(lies.exitCode).toBe(7);
  expect(codes(answer(lies))).toEqual([
    "error compose-hash-mismatch",
    "error compose-hash-mismatch",
    "warning runner-compose-missing",
  ]);
});

test("on a terminal of 80 columns: a table, redrawn with --watch until Ctrl-C, and the terminal as it was", async () => {
  const world = await makePreparedWorld({ behaviour: { createdAt: true, uptimeSeconds: true } });
  await deploy(world, RUNNER);
  await deploy(world, WITH_SSH_KEY, RUNNER_COMPOSE, [...AS_ORCHESTRATOR, SSH_KEY]);
  await expect.poll(() => running(world)).toBe(3);
  const watch = startInTerminal(
    world,
    ["status", "--watch"],
    { TEE_CLUSTER_POLL_INTERVAL: "2s" },
    { columns: 80 },
  );
  const shown = await watch.see(/runner-00000002.*refused/);
  expect(shown).toMatch(
    /^runner-00000001 {2}healthy {2}\d+(?:s|m \d+s) +prod10 {2}medium {2}0 {7}[0-9a-f]{12} {2}✔ approved$/m,
  );
  expect(shown).toMatch(/Registry +healthy, mode registry\+runner, up \d+[sm]/);
  expect(shown).toContain("DSTACK_AUTHORIZED_KEYS");
  await deleteCvm(world, WITH_SSH_KEY);
  await expect.poll(() => watch.screen()).not.toContain("refused");
  // Drawn over the one before: one table on the screen.
  expect(watch.screen().match(/NAME/g)).toHaveLength(1);
  expect(watch.cursorVisible()).toBe(false);
  watch.type("\u0003");
  expect(await watch.exit).toBe(130);
  expect(watch.cursorVisible()).toBe(true);
  expect(watch.bytes().lastIndexOf("\u001b[?7h")).toBeGreaterThan(
    watch.bytes().lastIndexOf("\u001b[?7l"),
  );
  expect(watch.screen()).not.toContain("Error");
});

async function deleteCvm(world: World, name: string): Promise<void> {
  const key = { "x-api-key": world.sandbox.apiKey };
  await fetch(`${world.sandbox.apiUrl}/api/v1/cvms/${name}`, { method: "DELETE", headers: key });
}

test("--watch in a pipe: a block for every change; an API that fails meanwhile is waited for", async () => {
  const world = await makePreparedWorld();
  const child = world.start(["status", "--watch"], { TEE_CLUSTER_POLL_INTERVAL: "2s" });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const blocks = (): number => text.match(/^Cluster bird-tracker/gm)?.length ?? 0;
  await expect.poll(blocks).toBe(1);
  world.sandbox.setFaults([{ path: "/cvms/paginated$", action: { kind: "status", status: 502 } }]);
  await expect.poll(blocks).toBe(2);
  expect(text).toMatch(/this is the state at .*HTTP 502/s);
  world.sandbox.setFaults([]);
  await expect.poll(blocks).toBe(3);
  child.kill("SIGINT");
  const run = await child;
  expect(run.exitCode).toBe(130);
  // A stop that takes longer than 250 ms is acknowledged.
  expect(run.stderr).toMatch(/^Looking at cluster bird-tracker(\nstopping; .*)?$/);
  expect(text).not.toContain("\u001b");
});
