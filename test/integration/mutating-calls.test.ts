/**
 * Nothing changes the cloud without its intent on disk. Every method of every port is in one of the two tables
 * here: a query, which makes no mutating request, or a mutation, which is called by `Mutations` alone and only
 * after the intent is written. A new method in neither of them fails, and so does a call past `Mutations`, and any
 * new place that could send a request or start a program.
 */
import { setMaxListeners } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Cvm } from "../../src/core/domain.ts";
import { createHttpClient } from "../../src/platform/net/http.ts";
import { createCloudApi } from "../../src/platform/phala/api.ts";
import { createPhalaCli } from "../../src/platform/phala/cli.ts";
import type {
  CloudApi,
  PhalaCli,
  PhalaMutations,
  PhalaQueries,
  Spawntee,
  SpawnteeMutations,
  SpawnteeQueries,
} from "../../src/core/ports.ts";
import { createSpawntee } from "../../src/platform/spawntee/client.ts";
import type { JournalEntry } from "../../src/state/journal.ts";
import { cleanupSignals } from "../../src/workflow/cleanup.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { Ledger } from "../../src/workflow/ledger.ts";
import type { MutationPorts } from "../../src/workflow/mutations.ts";
import { Mutations } from "../../src/workflow/mutations.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { warmPhalaBin } from "../helpers/phala-bin.ts";
import { waysOut } from "../helpers/ways-out.ts";

type Ports = { readonly cli: PhalaCli; readonly api: CloudApi; readonly spawntee: Spawntee };
type Target = { readonly ports: Ports; readonly registryUrl: string };
type Query = keyof PhalaQueries | keyof SpawnteeQueries | keyof CloudApi;
/** The gate withholds the half of it that changes something. */
type Mutation = Exclude<keyof PhalaMutations, "provisionCvm"> | keyof SpawnteeMutations;

const { signal } = new AbortController();
setMaxListeners(0, signal);
const NAME = "bird-tracker-registry";

const QUERIES: Record<Query, (target: Target) => unknown> = {
  locate: ({ ports }) => ports.cli.locate(),
  version: ({ ports }) => ports.cli.version(signal),
  isReady: ({ ports }) => ports.cli.isReady(),
  expectRuns: ({ ports }) => ports.cli.expectRuns(0),
  login: ({ ports }) => ports.cli.login(signal),
  logs: ({ ports }) =>
    ports.cli.logs(
      { cvmId: NAME, container: null, tail: 1, stderr: false, since: undefined },
      signal,
    ),
  host: ({ ports }) => ports.api.host,
  account: ({ ports }) => ports.api.account(signal),
  findCvm: ({ ports }) => ports.api.findCvm(NAME, signal),
  listCvms: ({ ports }) => ports.api.listCvms(signal),
  appCompose: ({ ports }) => ports.api.appCompose(NAME, signal),
  operations: ({ ports }) => ports.api.operations(NAME, signal),
  nodes: ({ ports }) => ports.api.nodes(signal),
  instanceTypes: ({ ports }) => ports.api.instanceTypes(signal),
  serverClock: ({ ports }) => ports.api.serverClock.skewMs(),
  health: ({ ports, registryUrl }) => ports.spawntee.health(registryUrl, signal),
  debugEndpoint: ({ ports, registryUrl }) => ports.spawntee.debugEndpoint(registryUrl, signal),
  tasks: ({ ports, registryUrl }) => ports.spawntee.tasks(registryUrl, signal),
  capacity: ({ ports, registryUrl }) => ports.spawntee.capacity(registryUrl, signal),
};

const CVM = { name: "bird-tracker-registry", appId: "a".repeat(40), vmUuid: "b".repeat(32) } as Cvm;
const DEPLOYMENT = { composeText: "services: {}", environment: [] };

const MUTATIONS: Record<Mutation, (mutations: Mutations, aborts: AbortSignal) => Promise<unknown>> =
  {
    createCvm: (mutations, aborts) =>
      mutations.createCvm({ name: NAME, instanceType: "tdx.small", ...DEPLOYMENT }, aborts),
    updateCvm: (mutations, aborts) =>
      mutations.updateCvm(CVM, { cvmId: CVM.name, ...DEPLOYMENT }, aborts),
    deleteCvm: (mutations, aborts) => mutations.deleteCvm(CVM, aborts),
    approveHashes: (mutations, aborts) =>
      mutations.approveHashes(
        CVM,
        { url: "http://127.0.0.1:1", hashes: [], privateKeyPem: "" },
        aborts,
      ),
  };
const NAMES = Object.keys(MUTATIONS) as Mutation[];

test("every method of a port is a query that changes nothing, or a mutation", async () => {
  const world = await makePreparedWorld();
  const { apiUrl, apiKey } = world.sandbox;
  const http = createHttpClient({});
  onTestFinished(() => http.close());
  const connection = { apiUrl, apiKey, env: world.env, onDetail: () => undefined };
  const ports: Ports = {
    cli: createPhalaCli({ ...connection, http, clock: systemClock, bin: warmPhalaBin() }),
    api: createCloudApi({ ...connection, http, clock: systemClock }),
    spawntee: createSpawntee(http, systemClock),
  };
  const methods = Object.values(ports).flatMap((port) => Object.keys(port));
  expect(methods.toSorted()).toEqual(
    [...Object.keys(QUERIES), ...NAMES, "provisionCvm"].toSorted(),
  );
  const registryUrl = `${apiUrl}/gateway/x`;
  for (const query of Object.values(QUERIES)) await query({ ports, registryUrl });
  expect(world.sandbox.requests().length).toBeGreaterThan(8);
  expect(world.sandbox.requests().filter(({ mutating }) => mutating)).toEqual([]);
});

/** Mutations over a cloud that takes everything; `log` has the journal's records and the calls in their order. */
function recorded(append: (entry: JournalEntry) => void = () => undefined) {
  const log: string[] = [];
  const port = new Proxy({} as MutationPorts["cli"] & SpawnteeMutations, {
    get: (_, name) => async () => {
      log.push(String(name));
      if (name === "approveHashes") return { kind: "approved" };
      return { kind: "ok", value: { name: NAME, appId: CVM.appId, vmUuid: CVM.vmUuid } };
    },
  });
  const mutations = new Mutations({
    cli: port,
    spawntee: port,
    api: {} as CloudApi,
    clock: systemClock,
    cleanup: cleanupSignals(signal, systemClock.deadline),
    ledger: new Ledger(),
    timeoutMs: 1_000,
    journal: {
      async append(entry) {
        append(entry);
        log.push(entry.type);
      },
    },
  });
  return { log, mutations };
}

test.each(NAMES)("%s comes after its intent is on disk, and before its outcome", async (name) => {
  const { log, mutations } = recorded();
  await MUTATIONS[name](mutations, signal);
  if (name === "deleteCvm") await mutations.confirmGone(CVM);
  expect(log).toEqual(["intent", name, "outcome"]);
});

/** A CVM that stays costs money, and that it is gone the API tells: a full disk holds up no deletion. */
const NOT_HELD_UP: ReadonlySet<Mutation> = new Set(["deleteCvm"]);

test.each(NAMES)(
  "%s where its intent can't be written: made only if it is a deletion",
  async (name) => {
    const { log, mutations } = recorded(() => {
      throw new Error("disk full");
    });
    const [failed] = await Promise.allSettled([MUTATIONS[name](mutations, signal)]);
    expect(failed.status).toBe(NOT_HELD_UP.has(name) ? "fulfilled" : "rejected");
    expect(log).toEqual(NOT_HELD_UP.has(name) ? [name] : []);
  },
);

test.each(NAMES)("%s is neither announced nor made in a run that was interrupted", async (name) => {
  const { log, mutations } = recorded();
  await expect(MUTATIONS[name](mutations, AbortSignal.abort(new Error("Ctrl-C")))).rejects.toThrow(
    "Ctrl-C",
  );
  expect(log).toEqual([]);
});

/** Path below src -> text, without the sandbox: it is the other side. */
const sources = new Map<string, string>();

beforeAll(async () => {
  const root = path.resolve(import.meta.dirname, "../../src");
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".ts"));
  for (const name of names.filter((file) => !file.startsWith("sandbox/"))) {
    sources.set(name, await readFile(path.join(root, name), "utf8"));
  }
});

/**
 * All that is between this program and the cloud. A place that comes in here sends requests or starts programs: it
 * must be a query, or be called by `Mutations` after the intent is on disk.
 */
const WAYS_OUT: readonly string[] = [
  // The nodes, which completion shows: a query.
  // A CVM's log, which is read.
  // Our own sandbox, on this machine.
  // Queries: a quote's collateral, and what the platform attests.
  // Only timed on its way: the clients behind it are the ones below.
  // The gate: what passes it is started by `Mutations`, and held against what was started.
  // A phala that waits for its work, and hears of it through a pipe.
  // What recovers an address from a signature.
  // A pipe that a file's name leads to.
  "cli/complete-nodes.ts: createCloudApi(",
  "cli/complete-nodes.ts: createHttpClient(",
  "cli/wire-cloud.ts: .send",
  "cli/wire-cloud.ts: createCloudApi(",
  "cli/wire-cloud.ts: createHttpClient(",
  "cli/wire-cloud.ts: createPhalaCli(",
  "cli/wire-cloud.ts: createSpawntee(",
  'commands/sandbox/background.ts: import { spawn } from "node:child_process"',
  "core/ports.ts: approveHashes",
  "core/ports.ts: createCvm",
  "core/ports.ts: deleteCvm",
  "core/ports.ts: updateCvm",
  'kms/env-key.ts: import { keccak_256 } from "@noble/hashes/sha3"',
  'kms/env-key.ts: import { secp256k1 } from "@noble/curves/secp256k1"',
  'lib/local-files.ts: import("node:net"',
  'lib/young-generation.ts: import { setFlagsFromString } from "node:v8"',
  "platform/attestation/collateral.ts: .send",
  'platform/load-program.ts: import { Script } from "node:vm"',
  'platform/net/connection.ts: import * as net from "node:net"',
  'platform/net/connection.ts: import * as tls from "node:tls"',
  'platform/net/http.ts: "DELETE"',
  'platform/net/http.ts: "PATCH"',
  'platform/net/http.ts: "POST"',
  'platform/net/http.ts: import * as http from "node:http"',
  "platform/net/http.ts: request(",
  'platform/net/proxy.ts: import { BlockList, isIP } from "node:net"',
  'platform/net/authorities.ts: import * as tls from "node:tls"',
  'platform/phala/ahead.ts: ["--experimental-import-meta-resolve", "--import", pathToFileURL(preload).href',
  'platform/phala/ahead.ts: ["ignore", "pipe", "pipe", "pipe"',
  'platform/phala/ahead.ts: import { Socket } from "node:net"',
  'platform/phala/ahead.ts: import { spawn, type ChildProcess } from "node:child_process"',
  "platform/phala/api-reader.ts: .send",
  'platform/phala/child.ts: ["ignore", "pipe", "pipe"',
  'platform/phala/child.ts: import { spawn, type ChildProcess } from "node:child_process"',
  'platform/phala/cli-logs.ts: [ "logs", ...(container === null ? ["--serial"',
  'platform/phala/cli-logs.ts: ["--follow"',
  'platform/phala/cli-logs.ts: ["--since", since',
  'platform/phala/cli-logs.ts: ["--stderr"',
  'platform/phala/cli-process.ts: ["--version"',
  'platform/phala/cli.ts: ["--cvm-id", request.cvmId',
  'platform/phala/cli.ts: ["--name", request.name, "--instance-type", request.instanceType, ...node',
  'platform/phala/cli.ts: ["--node-id", String(request.nodeId)',
  'platform/phala/cli.ts: ["--version"',
  'platform/phala/cli.ts: ["cvms", "delete", cvmId, "--force", "--json"',
  'platform/phala/cli.ts: ["deploy", ...which',
  'platform/phala/cli.ts: ["status", "--json"',
  "platform/phala/cli.ts: createCvm",
  "platform/phala/cli.ts: deleteCvm",
  "platform/phala/cli.ts: new PhalaProcess(",
  "platform/phala/cli.ts: updateCvm",
  'platform/phala/gate/answers.ts: ["app_env_encrypt_pubkey", "encrypted_env_pubkey", "public_key"',
  'platform/phala/gate/expected.ts: "DELETE"',
  'platform/phala/gate/expected.ts: "PATCH"',
  "platform/phala/gate/forward.ts: .send",
  'platform/phala/gate/forward.ts: [ "dns-failed", "connection-refused", "tls-untrusted", "ca-file-invalid", "proxy-auth-required", "bad-proxy",',
  'platform/phala/gate/forward.ts: ["accept", "content-type", "x-phala-version", "user-agent"',
  'platform/phala/gate/gate.ts: import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"',
  'platform/phala/preload.ts: import { Socket } from "node:net"',
  "platform/phala/preload.ts: import(",
  'platform/spawntee/approve.ts: "POST"',
  'platform/phala/schemas.ts: ["deleted", "terminated", "destroyed", "removed"',
  "platform/spawntee/approve.ts: .send",
  "platform/spawntee/client.ts: approveHashes",
  "platform/spawntee/get.ts: .send",
  "session/session.ts: mutations = new Mutations({ ...ports, journal, clock, cleanup, ledger, timeoutMs });",
  "workflow/mutations.ts: .createCvm",
  "workflow/mutations.ts: .updateCvm",
  "workflow/mutations.ts: approveHashes",
  "workflow/mutations.ts: createCvm",
  "workflow/mutations.ts: deleteCvm",
  "workflow/mutations.ts: this.#ports.cli.deleteCvm",
  "workflow/mutations.ts: this.#ports.spawntee.approveHashes",
  "workflow/mutations.ts: updateCvm",
];

test("there is no other way out than these", () => {
  expect(waysOut(sources, NAMES).toSorted()).toEqual(WAYS_OUT.toSorted());
});

test("the calls of Mutations itself are among the sources, and not taken for ways past it", () => {
  const calls = [...sources.values()].flatMap(
    (text) => text.match(/\bcontext\.mutations\.\w+\(/g) ?? [],
  );
  expect(calls.length).toBeGreaterThan(3);
});

test.each([
  ["a module that reaches out", 'import { request } from "node:https";'],
  ["another spelling of it", "import { spawn } from 'child_process';"],
  ["a package", 'const { got } = await import("got");'],
  ["a module without a name", "const client = await import(name);"],
  ["a module by require", 'createRequire(import.meta.url)("got")(url);'],
  ["fetch", "await fetch(url, { method });"],
  ["fetch under another name", "const { fetch: ask } = globalThis;"],
  ["a web socket", "new WebSocket(url);"],
  ["a request of the shared client", "await client.send({ method, url, timeoutMs }, signal);"],
  ["its function alone", "const { send } = createClient(env);"],
  ["a method that changes something", 'const method = "DELETE";'],
  ["a second client", "const http = createHttpClient(env);"],
  ["another run of phala", "await new PhalaProcess(options).run(command, signal);"],
  ["a second adapter", "const cli = createPhalaCli(options);"],
  ["a call on the port", "await ports.cli.deleteCvm(id, signal);"],
  ["a call on the port, perhaps", "await ports.cli?.deleteCvm?.(id, signal);"],
  ["a method taken from the port", "const { deleteCvm } = ports.cli;"],
  ["a method by its name", 'await ports.cli["deleteCvm"](id, signal);'],
  ["a method handed on", "await Promise.all(ids.map(ports.cli.deleteCvm));"],
  ["a method of Mutations handed on", "await Promise.all(ids.map(mutations.deleteCvm));"],
  ["a port under the name of Mutations", "const mutations = ports.cli;"],
  ["the same as a parameter", "function f(mutations: PhalaMutations) {}"],
])("%s would be noticed", (_what, code) => {
  // Each file is looked at by itself.
  const spoilt = new Map([["commands/new.ts", `/** New. */\n${code}\n`]]);
  expect(waysOut(spoilt, NAMES)).not.toEqual([]);
});

test.each([
  [
    "another subcommand of phala",
    "platform/phala/cli.ts",
    '["status", "--json"]',
    '["cvms", "restart", id]',
  ],
  [
    "another method of requests",
    "platform/net/http.ts",
    '"GET" | "POST"',
    '"GET" | "PUT" | "POST"',
  ],
  ["a read that writes", "platform/phala/api-reader.ts", 'method: "GET"', 'method: "POST"'],
])("%s would be noticed", (_what, file, before, after) => {
  const text = sources.get(file) ?? "";
  expect(text).toContain(before);
  const spoilt = new Map([[file, text.replace(before, after)]]);
  expect(waysOut(spoilt, NAMES)).not.toEqual(waysOut(new Map([[file, text]]), NAMES));
});
