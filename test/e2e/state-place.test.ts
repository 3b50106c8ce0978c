/** One API under two host names is one cluster with one record; two workspaces behind one name are two. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";

test("a second init by another name of the API changes nothing, and has the same record", async () => {
  const world = await makePreparedWorld();
  const here = new URL(world.sandbox.apiUrl).host;
  const elsewhere = world.sandbox.apiUrl.replace("127.0.0.1", "localhost");
  expect(elsewhere).not.toBe(world.sandbox.apiUrl);
  const folder = path.join(world.stateDir, here.replace(":", "_"), "bird-tracker");
  const before = await world.run(["history", "--verify", "--json"]);

  const again = await world.run(["init", "--json", "--phala-api-url", elsewhere]);
  expect(again).toMatchObject({ exitCode: 0 });
  const statuses = (JSON.parse(again.stdout) as { steps: { status: string }[] }).steps.map(
    ({ status }) => status,
  );
  expect(statuses).not.toContain("created");
  expect(statuses.filter((status) => status === "reused").length).toBeGreaterThan(3);
  expect(world.sandbox.requests?.().filter(({ method }) => method !== "GET") ?? []).toEqual([]);
  expect((await readdir(world.stateDir)).filter((name) => name.includes("localhost"))).toEqual([]);
  expect(JSON.parse(await readFile(path.join(folder, "workspace.json"), "utf8"))).toMatchObject({
    api_hosts: expect.arrayContaining([new URL(elsewhere).host]) as unknown,
  });

  const offline = await world.run(["history", "--verify", "--json", "--phala-api-url", elsewhere], {
    PHALA_API_KEY: undefined,
  });
  expect(offline.stdout).toBe(before.stdout);
  expect(offline.exitCode).toBe(0);
});

test("another workspace's record of that name is not touched, and not gone by", async () => {
  const world = await makePreparedWorld();
  const host = new URL(world.sandbox.apiUrl).host.replace(":", "_");
  const folder = path.join(world.stateDir, host, "bird-tracker");
  const theirs = { workspace_id: "w-of-others", api_hosts: [new URL(world.sandbox.apiUrl).host] };
  await writeFile(path.join(folder, "workspace.json"), JSON.stringify(theirs));
  const journal = await readFile(path.join(folder, "journal.jsonl"), "utf8");

  const run = await world.run(["init", "--json"]);
  expect(run.exitCode).toBe(6);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "registry-name" } });
  expect(await readFile(path.join(folder, "journal.jsonl"), "utf8")).toBe(journal);

  await rm(path.join(folder, "workspace.json"));
  expect(await world.run(["init", "--json"])).toMatchObject({ exitCode: 0 });
});
