/** `history` through the built program: offline, without a key, over files that the real module wrote. */
import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { stateDirectoryOf, type StateDirectory } from "../../src/state/state-directory.ts";
import { approvalOf, approve, hashOf } from "../helpers/history.ts";
import { makeWorld, type World } from "../helpers/program.ts";
import { expectValid, validator } from "../helpers/schemas.ts";

const NO_KEY = {
  PHALA_API_KEY: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_ACCESS_KEY_ID: undefined,
};

function placeOf(world: World, cluster = "bird-tracker"): StateDirectory {
  return stateDirectoryOf(world.stateDir, new URL(world.sandbox.apiUrl).host, cluster);
}

const REASON =
  "image 0.8.44 mends the leak that made runners refuse models after two days; see the change log";

const APPROVALS = [
  approvalOf("a", { command: "init", who: { login: "acme", user: "ann", host: "laptop" } }),
  approvalOf("b", {
    who: { login: null, user: "ci", host: "runner-7" },
    hashes: [hashOf("a"), hashOf("b")],
    removed: [hashOf("d")],
    via: "api",
    reason: REASON,
  }),
];

test("what was approved, verified, without a key and without a request", async () => {
  const world = await makeWorld();
  const place = placeOf(world);
  const heads = await approve(place, APPROVALS);

  const json = await world.run(["history", "--verify", "--json"], NO_KEY);
  expect(json).toMatchObject({ exitCode: 0, stderr: "" });
  const answer = expectValid("history", json.stdout);
  expect(answer).toMatchObject({
    ok: true,
    file: place.history,
    head: heads[1],
    verified: true,
    total: 2,
  });
  expect(answer["entries"]).toMatchObject([
    { line: 1, hash: heads[0], ...APPROVALS[0] },
    { line: 2, hash: heads[1], previous: heads[0], ...APPROVALS[1] },
  ]);

  const human = await world.run(["history"], NO_KEY);
  expect(human.exitCode).toBe(0);
  expect(human.stdout.replace(place.history, "FILE")).toMatchInlineSnapshot(`
    "2 approvals of cluster bird-tracker, the newest last:

    2026-11-24 19:35 UTC  init via restart
      By      ann on laptop, Phala account acme
      Hashes  + aaaaaaaaaaaa
      Runner  aaaaaaaaaaaa, from compose file cccccccccccc

    2026-11-24 19:35 UTC  rotate-hash via api
      By      ci on runner-7
      Hashes  + bbbbbbbbbbbb
              - dddddddddddd
              1 kept
      Runner  bbbbbbbbbbbb, from compose file cccccccccccc
      Reason  image 0.8.44 mends the leak that made runners refuse models after
              two days; see the change log

      File      FILE
      Head      195c33cdc7f41d27f3350ca0de2f66e0c53aa18da175be7be2091528fb61d82f
      Verified  not checked; add --verify"
  `);
  expect(
    human.stdout.split("\n").filter((line) => line.length > 80 && !line.includes(place.path)),
  ).toEqual([]);

  const last = await world.run(["history", "--limit", "1", "--json"], NO_KEY);
  expect(expectValid("history", last.stdout)).toMatchObject({
    verified: null,
    total: 2,
    entries: [{ line: 2 }],
  });
  expect(world.sandbox.requests()).toEqual([]);
});

test("an edit and a cut end in exit 7, which names the line", async () => {
  const world = await makeWorld();
  const place = placeOf(world);
  await approve(place, APPROVALS);
  const text = await readFile(place.history, "utf8");

  await writeFile(place.history, text.replace("0.8.44", "0.8.45"));
  const edited = await world.run(["history", "--verify", "--json"], NO_KEY);
  expect(edited.exitCode).toBe(7);
  expect(expectValid("history", edited.stdout)).toMatchObject({
    ok: false,
    verified: false,
    problem: { line: 2, reason: "edited" },
    entries: [{ line: 1 }],
  });
  const unasked = await world.run(["history", "--quiet"], NO_KEY);
  expect(unasked.exitCode).toBe(0);

  await writeFile(place.history, "");
  const cut = await world.run(["history", "--verify"], NO_KEY);
  expect(cut.exitCode).toBe(7);
  expect(cut.stdout).toContain("The history does not fit (truncated): the journal has an approval");
});

test("nothing recorded, the sandbox's own record, and wrong inputs", async () => {
  const world = await makeWorld();
  await approve(stateDirectoryOf(world.stateDir, "sandbox", "sandbox-cluster"), [approvalOf("a")]);

  const none = await world.run(["history", "--verify", "--json"], NO_KEY);
  expect(none.exitCode).toBe(0);
  expect(expectValid("history", none.stdout)).toMatchObject({
    verified: true,
    head: null,
    entries: [],
  });

  const sandbox = await world.run(["history", "--sandbox", "--json"], {
    ...NO_KEY,
    TEE_CLUSTER_NAME: undefined,
  });
  expect(expectValid("history", sandbox.stdout)).toMatchObject({
    cluster: "sandbox-cluster",
    total: 1,
  });

  const nameless = await world.run(["history", "--json"], {
    ...NO_KEY,
    TEE_CLUSTER_NAME: undefined,
  });
  expect(nameless.exitCode).toBe(2);
  expect(expectValid("failure", nameless.stdout)).toMatchObject({
    error: { code: "missing-inputs", message: "missing: --cluster-name (TEE_CLUSTER_NAME)" },
  });
  const limit = await world.run(["history", "--json", "--limit", "none"], NO_KEY);
  expect(limit.exitCode).toBe(2);
  expect(expectValid("failure", limit.stdout)).toMatchObject({ error: { code: "invalid-inputs" } });
});

test("the schema refuses an answer that contradicts itself", () => {
  const answer = {
    ok: true,
    command: "history",
    cluster: "a",
    file: "f",
    head: null,
    verified: null,
    problem: null,
    total: 0,
    entries: [],
    warnings: [],
  };
  const problem = { line: 1, reason: "edited", message: "m" };
  const isValid = validator("history");
  expect(isValid(answer)).toBe(true);
  expect(isValid({ ...answer, ok: false, verified: false, problem })).toBe(true);
  expect(isValid({ ...answer, problem })).toBe(false);
  expect(isValid({ ...answer, ok: false, verified: false })).toBe(false);
  expect(isValid({ ...answer, verified: false })).toBe(false);
  expect(isValid({ ...answer, head: "A".repeat(64) })).toBe(false);
});
