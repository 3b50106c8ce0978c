/** Runners that a list may cut off: those that appear meanwhile, and hashes that nobody has checked. */
import { describe, expect, test } from "vitest";
import {
  assertChecked,
  assertRunnersClear,
  classifyRunners,
  rollbackTarget,
  type KnownList,
} from "../../../src/approval/classify-runners.ts";
import { ROLLING } from "../../../src/approval/approved-list.ts";
import { assertSameRunners } from "../../../src/approval/same-runners.ts";
import { renderHint } from "../../../src/core/command-hint.ts";
import type { AppCompose } from "../../../src/core/compose-hash.ts";
import { composeHashOf } from "../../../src/core/compose-hash.ts";
import type { ComposeHash, Cvm } from "../../../src/core/domain.ts";
import type { LiveRunner } from "../../../src/runners/running-runners.ts";
import type { AppComposeStore } from "../../../src/state/app-compose-store.ts";
import { hashOf } from "../../helpers/approval-input.ts";
import { APP, approved, approving, recordFrom, whole } from "../../helpers/journal-records.ts";
import { cvmOf, failureOf, memoryCloud } from "../../helpers/memory-cloud.ts";

const composeOf = (text: string): AppCompose => ({
  docker_compose_file: text,
  allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD"],
});
const hashFor = (text: string): ComposeHash => composeHashOf(composeOf(text));

/** A runner by its number: `bird-runner-0000000N`. */
const runnerCvm = (number: number, change: Partial<Cvm> = {}): Cvm =>
  cvmOf({
    name: `bird-runner-${String(number).padStart(8, "0")}`,
    appId: String(number).repeat(40),
    vmUuid: String(number).repeat(32),
    ...change,
  });

const knownList = (change: Partial<KnownList> = {}): KnownList => ({
  record: recordFrom(approved([hashFor("ours")])),
  appId: APP,
  complete: true,
  coordinated: false,
  vouchers: { composeText: undefined, hashes: new Set() },
  ...change,
});

/** @param then what runs by now, besides the first one, by its compose text. */
const scene = (then: readonly string[], known: KnownList = knownList()) => {
  const cloud = memoryCloud();
  const first = cloud.run(runnerCvm(1), composeOf("ours"));
  then.forEach((text, index) => cloud.run(runnerCvm(index + 2), composeOf(text)));
  const live: LiveRunner[] = [
    { cvm: first, composeHash: hashFor("ours"), appCompose: composeOf("ours") },
  ];
  let asked = 0;
  const { appCompose } = cloud.does;
  cloud.does.appCompose = (id) => {
    asked += 1;
    return appCompose(id);
  };
  const assert = (hashes: readonly ComposeHash[]): Promise<void> =>
    assertSameRunners({ cluster: "bird", live, known, hashes, policy: ROLLING }, cloud.context);
  return { cloud, assert, asked: () => asked };
};

describe("right before an update", () => {
  test("the same runners are asked for once, and no more is read of them", async () => {
    const { assert, asked } = scene([]);
    await assert([]);
    expect(asked()).toBe(0);
  });

  test("one that has appeared and keeps its access is no matter", async () => {
    await expect(scene(["ours"]).assert([hashFor("ours")])).resolves.toBeUndefined();
  });

  test("one that would lose it ends the run", async () => {
    expect(await failureOf(scene(["ours"]).assert([hashOf("e")]))).toMatchInlineSnapshot(`
      {
        "code": "runners-changed",
        "hint": "nothing was approved; run the same command again; it takes them into account",
        "kind": "conflict",
        "message": "runners appeared while this run was preparing its update, and would lose access by it: bird-runner-00000002 (9818e0c8c9db3737d79e428d63eb00756c93fe71981b8e564342cdde033dc350)",
      }
    `);
  });

  test("so does one that nobody can vouch for, where the record is not complete", async () => {
    const incomplete = knownList({ complete: false });
    expect(await failureOf(scene(["theirs"], incomplete).assert([]))).toMatchObject({
      code: "runners-changed",
    });
    await scene(["theirs"], incomplete).assert([hashFor("theirs")]);
  });

  test("one that its orchestrator may have pushed takes the operator's word, while it is up", async () => {
    const known = knownList({ record: recordFrom(), coordinated: true });
    expect(await failureOf(scene([], known).assert([hashOf("e")]))).toMatchObject({
      code: "live-runner-unclear",
    });
    await expect(scene([], known).assert([hashFor("ours")])).resolves.toBeUndefined();
    const { cloud, assert } = scene([], known);
    cloud.cvms.splice(0);
    await expect(assert([hashOf("e")])).resolves.toBeUndefined();
    const appeared = scene(["theirs"], knownList({ coordinated: true }));
    expect(await failureOf(appeared.assert([hashFor("ours")]))).toMatchObject({
      code: "runners-changed",
    });
  });

  test("one that is not approved now loses nothing", async () => {
    await expect(scene(["theirs"]).assert([])).resolves.toBeUndefined();
  });

  test("one that was updated meanwhile is another one", async () => {
    const { cloud, assert } = scene([]);
    cloud.run(cloud.cvms[0] ?? cvmOf(), composeOf("theirs"));
    await assert([hashFor("ours")]);
    const again = scene([], knownList({ complete: false }));
    again.cloud.run(again.cloud.cvms[0] ?? cvmOf(), composeOf("theirs"));
    expect(await failureOf(again.assert([hashFor("ours")]))).toMatchObject({
      message: expect.stringContaining(`bird-runner-00000001 (${hashFor("theirs")})`) as string,
    });
  });

  test("replicas of one app are told apart, also before the API says a hash", async () => {
    const cloud = memoryCloud();
    const first = runnerCvm(1, { composeHash: null });
    cloud.cvms.push(first);
    const live = [{ cvm: first, composeHash: hashOf("a"), appCompose: {} }];
    const seen = { cluster: "bird", live, known: knownList(), hashes: [], policy: ROLLING };
    await assertSameRunners(seen, cloud.context);
    cloud.cvms.push(runnerCvm(1, { composeHash: null, vmUuid: "9".repeat(32) }));
    expect(await failureOf(assertSameRunners(seen, cloud.context))).toMatchObject({
      code: "runner-hash-unchecked",
    });
  });
});

const classify = (runner: LiveRunner, known: KnownList) => {
  const warnings: string[] = [];
  const judged = classifyRunners([runner], known, (code, message) => {
    warnings.push(`${code}: ${renderHint(message)}`);
  });
  return { ...judged, warnings };
};

describe("live runners", () => {
  const live = (text: string, appCompose: AppCompose = composeOf(text)): LiveRunner => ({
    cvm: runnerCvm(1),
    composeHash: hashFor(text),
    appCompose,
  });
  test("are left out, or included, with what to do about it", () => {
    expect(classify(live("theirs"), knownList()).warnings).toMatchInlineSnapshot(`
      [
        "runner-not-approved: f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564 of the live runner bird-runner-00000001 is left out: it is on no approved list; to approve it: tee-cluster rotate-hash --keep f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564",
      ]
    `);
    const pushed = classify(live("theirs"), knownList({ coordinated: true }));
    expect(pushed).toMatchObject({ accepted: [], unclear: [], maybePushed: [{ appCompose: {} }] });
    expect(pushed.warnings).toMatchInlineSnapshot(`
      [
        "runner-not-approved: f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564 of the live runner bird-runner-00000001 is in no list of this machine: if its orchestrator has pushed it, it is approved until the registry restarts; to approve it: tee-cluster rotate-hash --keep f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564",
      ]
    `);
    const vouchers = { composeText: "theirs", hashes: new Set<string>() };
    const known = knownList({ complete: false, vouchers });
    expect(classify(live("theirs"), known).warnings).toMatchInlineSnapshot(`
      [
        "hash-of-live-runner: f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564 of the live runner bird-runner-00000001 is included although no record of this machine has it: it runs the local compose file, or --record has it",
      ]
    `);
  });

  test("of an announced list that was never seen to end count as approved", () => {
    const record = recordFrom(...whole([hashOf("e")]), approving([hashFor("theirs")]));
    expect(classify(live("theirs"), knownList({ record }))).toMatchObject({
      accepted: [{ composeHash: hashFor("theirs") }],
      warnings: [],
    });
  });

  test.each<[string, string | undefined, AppCompose]>([
    ["no text on either side", undefined, {}],
    ["the local text, and no names", "ours", { docker_compose_file: "ours" }],
    ["the local text under other names", "ours", { ...composeOf("ours"), allowed_envs: ["X"] }],
  ])("%s: nothing vouches for it", (_, composeText, appCompose) => {
    const vouchers = { composeText, hashes: new Set<string>() };
    const known = knownList({ record: recordFrom(), complete: false, vouchers });
    expect(classify(live("ours", appCompose), known)).toMatchObject({
      accepted: [],
      unclear: [{ cvm: { name: "bird-runner-00000001" } }],
    });
  });

  test("that nobody can vouch for: what is known of it, and both ways on", async () => {
    const unclear = live("theirs", { allowed_envs: ["REGISTRY_URL", "KEY"] });
    expect(await failureOf(() => assertRunnersClear([unclear], ROLLING))).toMatchInlineSnapshot(`
      {
        "code": "live-runner-unclear",
        "hint": "nothing was approved; give the record of the machine that approved it with --record FILE; or if it is yours: tee-cluster rotate-hash --keep f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564; if it is to get no key: tee-cluster rotate-hash --drop f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564",
        "kind": "verification",
        "message": "whether the live runner bird-runner-00000001 is approved now is in no record of this machine (f4b7af2c39d85af92468036acc505fd60d5a8887010f1bf970f1786d1c48c564), and it does not run the local compose file as the orchestrator deploys it (its environment names: REGISTRY_URL, KEY)",
      }
    `);
    const bare = live("theirs", {});
    expect(await failureOf(() => assertRunnersClear([bare], ROLLING))).toMatchObject({
      message: expect.stringContaining("(its environment names: no names)") as string,
    });
  });

  test("of several, those that the operator named are passed over", async () => {
    const [first, second] = [live("one"), live("two")];
    const policy = { ...ROLLING, keep: [first.composeHash] };
    expect(await failureOf(() => assertRunnersClear([first, second], policy))).toMatchObject({
      message: expect.stringContaining(second.composeHash) as string,
    });
  });
});

const store = (...stored: ComposeHash[]): AppComposeStore =>
  ({
    load: async (hash: string) => (stored.includes(hash as ComposeHash) ? {} : undefined),
  }) as unknown as AppComposeStore;

describe("--keep", () => {
  const HASH = hashOf("e");
  const policy = { ...ROLLING, keep: [HASH] };
  const runner = { cvm: runnerCvm(1), composeHash: HASH, appCompose: {} };
  const NOTHING = { record: recordFrom(), store: store(), live: [] };

  test.each([
    ["a recorded list has it", { ...NOTHING, record: recordFrom(approved([HASH])) }],
    ["a live runner has it", { ...NOTHING, live: [runner] }],
    ["its app-compose was kept", { ...NOTHING, store: store(HASH) }],
  ])("is checked: %s", async (_, known) => {
    await expect(assertChecked(policy, known)).resolves.toBeUndefined();
  });

  test("is refused where nothing here knows of it", async () => {
    expect(await failureOf(assertChecked(policy, NOTHING))).toMatchInlineSnapshot(`
      {
        "code": "hash-unchecked",
        "hint": "run the command on the machine that approved it, or leave it out",
        "kind": "verification",
        "message": "--keep eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee: it was never checked on this machine: it is in no record here, and no running runner has it",
      }
    `);
    const others = {
      record: recordFrom(approved([hashOf("f")])),
      store: store(hashOf("f")),
      live: [{ ...runner, composeHash: hashOf("f") }],
    };
    const two = { ...ROLLING, keep: [hashOf("f"), HASH] };
    expect(await failureOf(assertChecked(two, others))).toMatchObject({ code: "hash-unchecked" });
  });
});

test("a rollback goes to the list before, and fails where there is none", async () => {
  const registry = { appId: APP, name: "bird-registry" };
  const record = recordFrom(...whole([hashOf("a")]), ...whole([hashOf("b")]));
  expect(rollbackTarget(record, registry).hashes).toEqual([hashOf("a")]);
  expect(await failureOf(() => rollbackTarget(recordFrom(), registry))).toMatchInlineSnapshot(`
    {
      "code": "nothing-to-restore",
      "hint": "run it on the machine that approved that list, or approve the old compose file: tee-cluster rotate-hash --runner-compose PATH",
      "kind": "input",
      "message": "no earlier list of bird-registry is recorded on this machine",
    }
  `);
});
