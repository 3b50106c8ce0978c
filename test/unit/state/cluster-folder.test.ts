/** In which folder a cluster's record is, whatever its API is called today. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import {
  findStateDirectory,
  isAnyRecorded,
  recordWorkspace,
} from "../../../src/state/cluster-folder.ts";
import { findKnownClusters } from "../../../src/state/known-clusters.ts";
import { stateDirectoryOf } from "../../../src/state/state-directory.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const [NETWORK, COM] = ["cloud-api.phala.network", "cloud-api.phala.com"] as const;

/** Folders as earlier runs left them: `host` alone is of a version that wrote no marker, `host=workspace,host2` has one. */
async function stateWith(...folders: readonly string[]): Promise<string> {
  const stateDir = await temporaryFolder();
  for (const text of folders) {
    const [name = "", marker] = text.split("=");
    const folder = path.join(stateDir, name.replace(":", "_"), "bird");
    await mkdir(folder, { recursive: true });
    if (marker === undefined) continue;
    const [workspace_id, ...more] = marker.split(",");
    const owner = { workspace_id, api_hosts: [name, ...more] };
    await writeFile(path.join(folder, "workspace.json"), JSON.stringify(owner));
  }
  return stateDir;
}

async function folderFor(
  stateDir: string,
  apiHost: string,
  workspaceId: string | null,
  cluster = "bird",
) {
  const directory = await findStateDirectory({ stateDir, apiHost, cluster }, workspaceId);
  expect(path.basename(directory.path)).toBe(cluster);
  return path.relative(stateDir, path.dirname(directory.path));
}

test.each<[string, readonly string[], string, string | null, string]>([
  ["nothing is recorded", [], NETWORK, "w1", NETWORK],
  ["nothing is recorded, and whose it is unknown", [], "127.0.0.1:80", null, "127.0.0.1_80"],
  ["the host's own folder, of a version that went by hosts", [NETWORK], NETWORK, "w1", NETWORK],
  ["the other name's folder, of such a version", [COM], NETWORK, "w1", COM],
  ["the same the other way round", [NETWORK], COM, "w1", NETWORK],
  ["both names have one of such a version: each keeps its own", [NETWORK, COM], COM, "w1", COM],
  ["a host that nobody knows as another name", [NETWORK], "example.com", "w1", "example.com"],
  ["the workspace's, under any name", ["example.com=w1"], NETWORK, "w1", "example.com"],
  [
    "the workspace's goes before an older one without a word",
    [NETWORK, "example.com=w1"],
    NETWORK,
    "w1",
    "example.com",
  ],
  ["the workspace's under its own name goes first", [`${COM}=w1`, `${NETWORK}=w1`], COM, "w1", COM],
  ["two of the workspace's under other names", ["b.x=w1", "a.x=w1"], NETWORK, "w1", "a.x"],
  [
    "the same, whatever order they are read in",
    [`${COM}=w1`, `${NETWORK}=w1`],
    NETWORK,
    "w1",
    NETWORK,
  ],
  ["another workspace has the host's folder", [`${NETWORK}=w1`], NETWORK, "w2", `${NETWORK}-w2`],
  [
    "and that one is found again",
    [`${NETWORK}=w1`, `${NETWORK}-w2=w2`],
    NETWORK,
    "w2",
    `${NETWORK}-w2`,
  ],
  ["another workspace has the other name's folder", [`${COM}=w1`], NETWORK, "w2", NETWORK],
  ["offline: the host's own", [NETWORK, COM], COM, null, COM],
  ["offline: the other name's", [`${COM}=w1`], NETWORK, null, COM],
  ["offline: a name that it was reached by", [`${COM}=w1,example.com`], "example.com", null, COM],
  [
    "offline: reached by this name, rather than an older folder",
    [NETWORK, `a.example=w1,${NETWORK}`],
    NETWORK,
    null,
    "a.example",
  ],
  ["offline: a host without a record", [`${COM}=w1`], "example.com", null, "example.com"],
  [
    "offline: two workspaces of one host: the older",
    [`${NETWORK}-w2=w2,${NETWORK}`, `${NETWORK}=w1`],
    NETWORK,
    null,
    NETWORK,
  ],
])("%s", async (_, folders, host, workspace, expected) => {
  const stateDir = await stateWith(...folders);
  expect(await folderFor(stateDir, host, workspace)).toBe(expected);
  expect(await isAnyRecorded({ stateDir, apiHost: host, cluster: "bird" })).toBe(
    folders.length > 0,
  );
});

test("another cluster of the same workspace has its own", async () => {
  const stateDir = await stateWith(`${COM}=w1`);
  expect(await folderFor(stateDir, NETWORK, "w1", "owl")).toBe(NETWORK);
  expect(await isAnyRecorded({ stateDir, apiHost: COM, cluster: "owl" })).toBe(false);
});

test("finding writes nothing; a run leaves a word, private, and adds the names that it came by", async () => {
  const stateDir = await stateWith();
  const place = { stateDir, apiHost: NETWORK, cluster: "bird" };
  const first = await findStateDirectory(place, "w1");
  expect(await readdir(stateDir)).toEqual([]);
  await recordWorkspace(first, NETWORK, null);
  expect(await readdir(stateDir)).toEqual([]);
  const marker = async (): Promise<unknown> =>
    JSON.parse(await readFile(path.join(first.path, "workspace.json"), "utf8")) as unknown;
  await recordWorkspace(first, NETWORK, "w1");
  await recordWorkspace(first, NETWORK, "w1");
  expect(await marker()).toEqual({ workspace_id: "w1", api_hosts: [NETWORK] });
  await recordWorkspace(first, "example.com", "w1");
  expect(await marker()).toEqual({ workspace_id: "w1", api_hosts: [NETWORK, "example.com"] });
  expect(await folderFor(stateDir, "example.com", "w1")).toBe(NETWORK);
  expect(await folderFor(stateDir, "example.com", null)).toBe(NETWORK);
});

test.each(["", "{", "[]", '{"workspace_id":1,"api_hosts":[]}'])(
  "a word that is none says nothing: %j",
  async (text) => {
    const stateDir = await stateWith(NETWORK);
    const file = path.join(stateDir, NETWORK, "bird", "workspace.json");
    await writeFile(file, text);
    expect(await folderFor(stateDir, NETWORK, "w1")).toBe(NETWORK);
    expect(await folderFor(stateDir, COM, null)).toBe(NETWORK);
    const directory = await findStateDirectory(
      { stateDir, apiHost: NETWORK, cluster: "bird" },
      "w1",
    );
    await recordWorkspace(directory, NETWORK, "w1");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      workspace_id: "w1",
      api_hosts: [NETWORK],
    });
  },
);

test("a file in the place of a folder is none", async () => {
  const stateDir = await stateWith();
  await mkdir(path.join(stateDir, COM));
  await writeFile(path.join(stateDir, COM, "bird"), "");
  await writeFile(path.join(stateDir, "note.txt"), "");
  expect(await folderFor(stateDir, NETWORK, null)).toBe(NETWORK);
});

test("the clusters of an API are known by any of its names", async () => {
  const stateDir = await stateWith(COM, "example.com");
  await writeFile(path.join(stateDir, COM, "bird", "journal.jsonl"), "");
  await mkdir(path.join(stateDir, NETWORK, "owl"), { recursive: true });
  await writeFile(path.join(stateDir, NETWORK, "owl", "journal.jsonl"), "");
  const names = async (host: string): Promise<readonly string[]> =>
    (await findKnownClusters(stateDir, host)).map(({ name }) => name);
  expect(await names(NETWORK)).toEqual(["bird", "owl"]);
  expect(await names(COM)).toEqual(["bird", "owl"]);
  expect(await names("example.com")).toEqual([]);
});

test("a cluster's files, under the names that docs/state.md has", () => {
  expect(stateDirectoryOf("/s", "127.0.0.1:80", "bird")).toMatchObject({
    path: "/s/127.0.0.1_80/bird",
    journal: "/s/127.0.0.1_80/bird/journal.jsonl",
    lock: "/s/127.0.0.1_80/bird/lock.json",
    history: "/s/127.0.0.1_80/bird/history.jsonl",
    appComposes: "/s/127.0.0.1_80/bird/app-composes",
    registryComposes: "/s/127.0.0.1_80/bird/registry-composes",
  });
});

test("where no folder is, nothing is recorded", async () => {
  const place = {
    stateDir: path.join(await temporaryFolder(), "none"),
    apiHost: NETWORK,
    cluster: "bird",
  };
  expect(await isAnyRecorded(place)).toBe(false);
});
