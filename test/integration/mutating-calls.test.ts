/**
 * Nothing changes the cloud without its intent on disk. Every method of every port is in one of the two tables
 * here: a query, which makes no mutating request, or a mutation, which is called by `Mutations` alone and only
 * after the intent is written. A new method in neither of them fails, and so does a call past `Mutations`.
 */
import { setMaxListeners } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Cvm } from "../../src/domain.ts";
import { createHttpClient } from "../../src/net/http.ts";
import { createCloudApi } from "../../src/phala/api.ts";
import { createPhalaCli } from "../../src/phala/cli.ts";
import type {
  CloudApi,
  PhalaCli,
  PhalaMutations,
  PhalaQueries,
  Spawntee,
  SpawnteeMutations,
  SpawnteeQueries,
} from "../../src/ports.ts";
import { createSpawntee } from "../../src/spawntee/client.ts";
import type { JournalEntry } from "../../src/state/journal.ts";
import { cleanupSignals } from "../../src/workflow/cleanup.ts";
import { systemClock } from "../../src/workflow/clock.ts";
import { Ledger, Mutations } from "../../src/workflow/mutations.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { PHALA_BIN } from "../helpers/phala-bin.ts";

type Ports = { readonly cli: PhalaCli; readonly api: CloudApi; readonly spawntee: Spawntee };
type Target = { readonly ports: Ports; readonly registryUrl: string };
type Query = keyof PhalaQueries | keyof SpawnteeQueries | keyof CloudApi;
type Mutation = keyof PhalaMutations | keyof SpawnteeMutations;

const { signal } = new AbortController();
setMaxListeners(0, signal);
const NAME = "bird-tracker-registry";

const QUERIES: Record<Query, (target: Target) => unknown> = {
  locate: ({ ports }) => ports.cli.locate(),
  version: ({ ports }) => ports.cli.version(signal),
  login: ({ ports }) => ports.cli.login(signal),
  host: ({ ports }) => ports.api.host,
  account: ({ ports }) => ports.api.account(signal),
  findCvm: ({ ports }) => ports.api.findCvm(NAME, signal),
  listCvms: ({ ports }) => ports.api.listCvms(signal),
  appCompose: ({ ports }) => ports.api.appCompose(NAME, signal),
  operations: ({ ports }) => ports.api.operations(NAME, signal),
  nodes: ({ ports }) => ports.api.nodes(signal),
  instanceTypes: ({ ports }) => ports.api.instanceTypes(signal),
  clockSkewMs: ({ ports }) => ports.api.clockSkewMs(),
  health: ({ ports, registryUrl }) => ports.spawntee.health(registryUrl, signal),
  capacity: ({ ports, registryUrl }) => ports.spawntee.capacity(registryUrl, signal),
};

const CVM = { name: "bird-tracker-registry", appId: "a".repeat(40), vmUuid: "b".repeat(32) } as Cvm;
const DEPLOYMENT = { composeText: "services: {}", environment: [] };

const MUTATIONS: Record<Mutation, (mutations: Mutations, aborts: AbortSignal) => Promise<unknown>> = {
  createCvm: (mutations, aborts) =>
    mutations.createCvm({ name: NAME, instanceType: "tdx.small", ...DEPLOYMENT }, aborts),
  updateCvm: (mutations, aborts) => mutations.updateCvm(CVM, { cvmId: CVM.name, ...DEPLOYMENT }, aborts),
  deleteCvm: (mutations, aborts) => mutations.deleteCvm(CVM, aborts),
  approveHashes: (mutations, aborts) =>
    mutations.approveHashes(CVM, { url: "http://127.0.0.1:1", hashes: [], privateKeyPem: "" }, aborts),
};
const NAMES = Object.keys(MUTATIONS) as Mutation[];

test("every method of a port is a query that changes nothing, or a mutation", async () => {
  const world = await makePreparedWorld();
  const { apiUrl, apiKey } = world.sandbox;
  const http = createHttpClient({});
  onTestFinished(() => http.close());
  const connection = { apiUrl, apiKey, env: world.env, onDetail: () => undefined };
  const ports: Ports = {
    cli: createPhalaCli({ ...connection, bin: PHALA_BIN }),
    api: createCloudApi({ ...connection, http, clock: systemClock }),
    spawntee: createSpawntee(http, systemClock),
  };
  const methods = Object.values(ports).flatMap((port) => Object.keys(port));
  expect(methods.toSorted()).toEqual([...Object.keys(QUERIES), ...NAMES].toSorted());
  const registryUrl = `${apiUrl}/gateway/x`;
  for (const query of Object.values(QUERIES)) await query({ ports, registryUrl });
  expect(world.sandbox.requests().length).toBeGreaterThan(8);
  expect(world.sandbox.requests().filter(({ mutating }) => mutating)).toEqual([]);
});

/** Mutations over a cloud that takes everything; `log` has the journal's records and the calls in their order. */
function recorded(append: (entry: JournalEntry) => void = () => undefined) {
  const log: string[] = [];
  const port = new Proxy({} as PhalaMutations & SpawnteeMutations, {
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
    cleanup: cleanupSignals(signal),
    ledger: new Ledger(),
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

test.each(NAMES)("%s where its intent can't be written: made only if it is a deletion", async (name) => {
  const { log, mutations } = recorded(() => {
    throw new Error("disk full");
  });
  const [failed] = await Promise.allSettled([MUTATIONS[name](mutations, signal)]);
  expect(failed.status).toBe(NOT_HELD_UP.has(name) ? "fulfilled" : "rejected");
  expect(log).toEqual(NOT_HELD_UP.has(name) ? [name] : []);
});

test.each(NAMES)("%s is neither announced nor made in a run that was interrupted", async (name) => {
  const { log, mutations } = recorded();
  await expect(MUTATIONS[name](mutations, AbortSignal.abort(new Error("Ctrl-C")))).rejects.toThrow("Ctrl-C");
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

/** `file: match` for every place in the sources that matches. */
function places(pattern: RegExp): string[] {
  return [...sources].flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map(([match]) => `${file}: ${match.trim()}`),
  );
}

test("only Mutations calls them on a port; everybody else calls Mutations", () => {
  const calls = places(new RegExp(`[\\w.#\\])]+\\??\\.(?:${NAMES.join("|")})\\b(?=\\()`, "g"));
  const past = calls.filter((call) => !/: (?:\w+\.)?mutations\.\w+$/.test(call));
  expect(past.toSorted()).toEqual([
    "workflow/mutations.ts: this.#ports.cli.createCvm",
    "workflow/mutations.ts: this.#ports.cli.deleteCvm",
    "workflow/mutations.ts: this.#ports.cli.updateCvm",
    "workflow/mutations.ts: this.#ports.spawntee.approveHashes",
  ]);
  expect(calls.length).toBeGreaterThan(past.length);
});

test("there is no other way out: one place starts programs, one sends requests, one of these is no GET", () => {
  const doors = /"(?:execa|undici|node:(?:child_process|https?|http2|net|tls))"|\bfetch\(/g;
  expect([...new Set(places(doors))].toSorted()).toEqual([
    'net/http.ts: "undici"',
    'phala/cli-process.ts: "execa"',
    'phala/proxy-preload.ts: "undici"',
  ]);
  expect(places(/method: "(?!GET)\w+"/g)).toEqual(['spawntee/client.ts: method: "POST"']);
  expect(places(/\bnew PhalaProcess\(|"--force"/g)).toEqual([
    "phala/cli.ts: new PhalaProcess(",
    'phala/cli.ts: "--force"',
  ]);
});
