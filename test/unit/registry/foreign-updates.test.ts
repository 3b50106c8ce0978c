/** What is known of others who work on the same registry, and what it is held to before and after an update. */
import { describe, expect, test } from "vitest";
import { parseCompose } from "../../../src/compose/compose-file.ts";
import type { AppCompose } from "../../../src/core/compose-hash.ts";
import { sha256Hex } from "../../../src/core/compose-hash.ts";
import type { CvmOperation } from "../../../src/core/ports.ts";
import {
  checkForeignUpdates,
  isMadeHere,
  readOwnUpdates,
  updatedMeanwhile,
  warnUnknownList,
} from "../../../src/registry/concurrent-updates.ts";
import { warnDomainDifferences } from "../../../src/registry/registry.ts";
import {
  assertDeployedRegistry,
  assertExistingRegistry,
  type ExistingRegistryCheck,
} from "../../../src/registry/verify-deployed.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { APP_COMPOSE, COMPOSE, ENVIRONMENT, hashOf } from "../../helpers/approval-input.ts";
import { APP, approved, approving, recordFrom, whole } from "../../helpers/journal-records.ts";
import {
  cvmOf,
  failureOf,
  memoryCloud,
  operationOf,
  registryFrom,
  UUID,
} from "../../helpers/memory-cloud.ts";

const made: JournalEntry[] = [
  { type: "intent", intent: "i", action: "create-cvm", name: "bird-registry", app_id: null },
  { type: "outcome", intent: "i", outcome: "done", app_id: APP, vm_uuid: null },
];
const REGISTRY = registryFrom(cvmOf());
const c = (correlationId: string, change: Partial<CvmOperation> = {}): CvmOperation =>
  operationOf({ correlationId, ...change });

const check = async (
  updates: readonly CvmOperation[] | null,
  entries: readonly JournalEntry[],
  { force = false, age = 0 } = {},
) => {
  const cloud = memoryCloud([cvmOf()]);
  if (updates) cloud.operations.set(UUID, updates);
  const started = Date.parse("2026-01-01T00:00:00Z");
  cloud.does.serverTime = () => ({ ms: started + age, uncertaintyMs: 0 });
  const record = recordFrom(...entries);
  const known = await checkForeignUpdates(REGISTRY, record, cloud.context, force);
  return { ...known, told: cloud.told };
};

const other = (entry: JournalEntry): JournalEntry =>
  "app_id" in entry ? { ...entry, app_id: "f".repeat(40) } : entry;

describe("updates by others", () => {
  const ours = whole([hashOf("a")], { after: null, correlationId: "c1" });
  test.each<
    [
      string,
      readonly CvmOperation[] | null,
      readonly JournalEntry[],
      boolean,
      boolean,
      string | null,
    ]
  >([
    ["never updated, made here", [], made, true, true, null],
    ["never updated, and not made here", [], [], false, false, null],
    ["no list, made here", null, made, false, false, null],
    ["no list, and not made here", null, [], false, false, null],
    ["another registry of ours is not this one", [], made.map(other), false, false, null],
    ["updated by us alone", [c("c1")], ours, true, true, "c1"],
    [
      "pushed to, after an update that nobody recorded",
      [c("c1")],
      [approved([hashOf("a")], { via: "api", correlationId: "c1" })],
      false,
      false,
      "c1",
    ],
    [
      "our open attempt may be the newest one",
      [c("c2"), c("c1")],
      [...ours, approving([hashOf("b")], { after: "c1" })],
      false,
      true,
      "c2",
    ],
    [
      "the same, of a registry that was never given anything",
      [c("c1")],
      [approving([hashOf("b")], { after: null })],
      false,
      true,
      "c1",
    ],
  ])("%s", async (_, updates, entries, complete, certain, seen) => {
    expect(await check(updates, entries)).toEqual({ complete, certain, seen, told: [] });
  });

  test.each<[string, readonly CvmOperation[], readonly JournalEntry[], string[]]>([
    ["done, and nothing is recorded", [c("t1")], [], []],
    ["failed, and nothing is recorded", [c("t1", { state: "failed" })], [], []],
    [
      "done, after ours",
      [c("t1", { startedAt: "2026-01-01T00:00:00Z" }), c("c1")],
      ours,
      [
        "warn updated-by-others: bird-registry was updated at 2026-01-01T00:00:00Z by somebody else: a hash that they approved, and that no live runner has, is not in the list; name it with rotate-hash --keep",
      ],
    ],
    [
      "done, at a time that nobody tells",
      [c("t1"), c("c1")],
      ours,
      [expect.stringContaining("was updated by somebody else") as string],
    ],
    [
      "our open attempt was a push, which starts none",
      [c("t1"), c("c1")],
      [...ours, approving([hashOf("b")], { after: "c1", via: "api" })],
      [expect.stringContaining("updated-by-others") as string],
    ],
    [
      "our open attempt came before one that was there",
      [c("t2"), c("t1"), c("c1")],
      [...ours, approving([hashOf("b")], { after: "c1" })],
      [expect.stringContaining("updated-by-others") as string],
    ],
  ])("one by somebody else: %s", async (_, updates, entries, told) => {
    expect(await check(updates, entries)).toEqual({
      complete: false,
      certain: false,
      seen: updates[0]?.correlationId,
      told,
    });
  });

  const HALF_AN_HOUR = 30 * 60_000;
  const running = c("t1", { state: "running", startedAt: "2026-01-01T00:00:00Z" });

  test("one that is in progress is another run", async () => {
    expect(await failureOf(check([running], ours))).toMatchInlineSnapshot(`
      {
        "code": "update-under-way",
        "hint": "wait until it has finished, then run the same command again; if it does not end, --force-update continues once it is older than 30m",
        "kind": "conflict",
        "message": "another run is in progress on this cluster: an update of bird-registry is in progress since 2026-01-01T00:00:00Z (0ms by Phala's clock)",
      }
    `);
    const unknown = { ...running, state: "unknown" as const };
    expect(await failureOf(check([unknown], ours))).toMatchObject({ code: "update-under-way" });
    const young = { force: true, age: HALF_AN_HOUR };
    expect(await failureOf(check([running], ours, young))).toMatchObject({
      code: "update-under-way",
    });
    const unforced = { age: HALF_AN_HOUR + 1 };
    expect(await failureOf(check([running], ours, unforced))).toMatchObject({
      code: "update-under-way",
    });
  });

  test("--force-update goes on over one that is older than any", async () => {
    const forced = await check([running], [], { force: true, age: HALF_AN_HOUR + 1 });
    expect(forced).toMatchObject({ complete: false, certain: false });
    expect(forced.told).toMatchInlineSnapshot(`
      [
        "warn update-stuck: an update of bird-registry by somebody else is in progress since 2026-01-01T00:00:00Z (30m by Phala's clock); continuing anyway (--force-update)",
      ]
    `);
  });

  test("in the middle of a run they end it", async () => {
    expect(
      await failureOf(() => {
        throw updatedMeanwhile(REGISTRY);
      }),
    ).toMatchInlineSnapshot(`
      {
        "code": "updated-meanwhile",
        "hint": "nothing was approved; run the same command again; it takes what the other run did into account",
        "kind": "conflict",
        "message": "another run is in progress on this cluster: bird-registry was updated while this one was preparing its own",
      }
    `);
    expect(isMadeHere(REGISTRY, recordFrom(...made.map(other)))).toBe(false);
  });
});

const readSince = async (
  updates: readonly CvmOperation[] | null,
  seen: string | null,
  entries: readonly JournalEntry[] = [],
) => {
  const cloud = memoryCloud([cvmOf()]);
  if (updates) cloud.operations.set(UUID, updates);
  const at = { registry: REGISTRY, record: recordFrom(...entries) };
  return readOwnUpdates(at, seen, cloud.context);
};

describe("updates since the last look", () => {
  const attempt = approving([hashOf("a")], { after: "c1" });

  test("are returned where there is none, or it may be that of an open attempt of ours", async () => {
    expect(await readSince([c("c1")], "c1")).toEqual([c("c1")]);
    expect(await readSince(null, "c1")).toBeUndefined();
    expect(await readSince([c("c2"), c("c1")], "c1", [attempt])).toEqual([c("c2"), c("c1")]);
  });

  test("by somebody else end the run", async () => {
    const conflict = { kind: "conflict", code: "updated-meanwhile" };
    expect(await failureOf(readSince([c("c2"), c("c1")], "c1"))).toMatchObject(conflict);
    const others = [c("c3"), c("c2"), c("c1")];
    expect(await failureOf(readSince(others, "c1", [attempt]))).toMatchObject(conflict);
  });
});

test("of a registry that this machine knows nothing of its list and settings are told", () => {
  const environment = [
    { name: "AWS_SECRET_ACCESS_KEY", value: "secret" },
    { name: "AWS_REGION", value: "eu-west-1" },
    { name: "CAPACITY_THRESHOLD", value: "0.8" },
  ];
  const told = (entries: readonly JournalEntry[]): string[] => {
    const cloud = memoryCloud();
    warnUnknownList(REGISTRY, recordFrom(...entries), environment, cloud.context);
    return cloud.told;
  };
  expect(told([])).toMatchInlineSnapshot(`
    [
      "warn previous-list-unknown: this machine has no record of what bird-registry approves: hashes that no live runner has will not be in the list",
      "warn settings-unknown: nor of its settings: an update gives it AWS_REGION=eu-west-1, CAPACITY_THRESHOLD=0.8; give others with their flags",
    ]
  `);
  expect(told(made)).toEqual([]);
  expect(told([approved([])])).toEqual([]);
});

const file = (domain: string) =>
  parseCompose(
    `services:\n  spawntee:\n    image: x\n    environment:\n      - CVM_BASE_DOMAIN=\${CVM_BASE_DOMAIN:-${domain}}\n`,
    "registry.yml",
  );

test("a domain in a file that is not the gateway's is warned of, and nothing else is", () => {
  const OWN = "dstack-pha-prod5.phala.network";
  const told = (domain: string): string[] => {
    const cloud = memoryCloud();
    const registry = registryFrom(cvmOf({ baseDomain: OWN }));
    const files = { registry: file(domain), runner: file(domain) };
    warnDomainDifferences(registry, files, {} as never, cloud.context);
    return cloud.told;
  };
  expect(told(OWN)).toEqual([]);
  expect(told("other.example")).toMatchInlineSnapshot(`
    [
      "warn base-domain-runner: registry.yml has other.example for CVM_BASE_DOMAIN, and the gateway of node prod5 is dstack-pha-prod5.phala.network: models on runners there would be announced under a domain that does not reach them; runners land on any node, and a domain in registry.yml is right on one only; where they are: tee-cluster status",
    ]
  `);
});

const world = (appCompose: AppCompose = APP_COMPOSE) => {
  const cloud = memoryCloud();
  const cvm = cloud.run(cvmOf(), appCompose);
  return { cloud, registry: registryFrom(cvm) };
};

const given = (text: string) =>
  whole([], { settings: { "compose file (sha256)": sha256Hex(text) }, after: null });

const deployed = (
  { cloud, registry }: ReturnType<typeof world>,
  change: Partial<Parameters<typeof assertDeployedRegistry>[0]> = {},
) =>
  assertDeployedRegistry(
    {
      registry,
      compose: COMPOSE,
      environment: ENVIRONMENT,
      knownScripts: new Set(),
      ...change,
    },
    cloud.context,
  );

const existing = (
  { cloud, registry }: ReturnType<typeof world>,
  change: Partial<ExistingRegistryCheck> = {},
) =>
  assertExistingRegistry(
    {
      registry,
      compose: COMPOSE,
      environment: ENVIRONMENT,
      record: recordFrom(),
      walletOptional: false,
      certain: true,
      knownScripts: new Set(),
      ...change,
    },
    cloud.context,
  );

describe("what a registry runs", () => {
  test("is what was deployed, text and names", async () => {
    const scene = world();
    expect(await deployed(scene)).toEqual(APP_COMPOSE);
    expect(scene.cloud.told).toEqual([]);
    const names = [...ENVIRONMENT].toReversed();
    expect(await failureOf(deployed(scene, { environment: names }))).toMatchObject({
      code: "allowed-envs-mismatch",
    });
    const compose = parseCompose("services:\n  a:\n    image: x\n", "r.yml");
    expect(await failureOf(deployed(scene, { compose }))).toMatchObject({
      code: "compose-text-mismatch",
    });
  });

  test("with a script that nobody has seen is told, or refused with --strict", async () => {
    const script = "echo hello";
    const scene = world({ ...APP_COMPOSE, pre_launch_script: script });
    await deployed(scene);
    expect(scene.cloud.told).toEqual([expect.stringContaining("warn pre-launch-script")]);
    const known = world({ ...APP_COMPOSE, pre_launch_script: script });
    await deployed(known, { knownScripts: new Set([sha256Hex(script)]) });
    expect(known.cloud.told).toEqual([]);
  });

  test("two answers on both sides of a moment are asked for again, three times in all", async () => {
    const scene = world();
    const { findCvm } = scene.cloud.does;
    let looks = 0;
    scene.cloud.does.findCvm = (id) => {
      looks += 1;
      return looks < 3
        ? { kind: "present", value: cvmOf({ composeHash: hashOf("f") }) }
        : findCvm(id);
    };
    expect(await deployed(scene)).toEqual(APP_COMPOSE);
    expect([looks, scene.cloud.clock.monotonic()]).toEqual([3, 10_000]);
    const lying = world();
    lying.cloud.does.findCvm = () => ({
      kind: "present",
      value: cvmOf({ composeHash: hashOf("f") }),
    });
    expect(await failureOf(deployed(lying))).toMatchObject({ code: "compose-hash-mismatch" });
    expect(lying.cloud.clock.monotonic()).toBe(10_000);
  });

  test("where the API does not know the CVM, its hash is that of the list", async () => {
    const scene = world();
    const hashes: unknown[] = [];
    const api = {
      ...scene.cloud.context.api,
      findCvm: async () => ({ kind: "absent" }) as const,
      appCompose: async (_id: string, _signal: AbortSignal, hash?: string) => {
        hashes.push(hash);
        return { kind: "present", value: APP_COMPOSE } as const;
      },
    };
    const context = { ...scene.cloud.context, api };
    const input = {
      registry: scene.registry,
      compose: COMPOSE,
      environment: ENVIRONMENT,
      knownScripts: new Set<string>(),
    };
    expect(await assertDeployedRegistry(input, context)).toEqual(APP_COMPOSE);
    expect(hashes).toEqual([scene.registry.cvm.composeHash]);
  });

  test.each([
    [{ kind: "absent" }, "the API has none"],
    [{ kind: "unknown", reason: "HTTP 502" }, "HTTP 502"],
  ] as const)("that can't be read: nothing is approved (%j)", async (answer, why) => {
    const scene = world();
    scene.cloud.does.appCompose = () => answer;
    expect(await failureOf(deployed(scene))).toEqual({
      kind: "verification",
      code: "app-compose-unreadable",
      message: `could not read what bird-registry runs: ${why}`,
      hint: "nothing was approved; run the same command again",
    });
  });

  const FOREIGN = { ...APP_COMPOSE, docker_compose_file: "services: {}" };

  test("before an update, is what it is to run or was given", async () => {
    const scene = world();
    expect(await existing(scene)).toEqual(APP_COMPOSE);
    const old = world(FOREIGN);
    await existing(old, { record: recordFrom(...given("services: {}")) });
    expect([scene.cloud.told, old.cloud.told]).toEqual([[], []]);
  });

  test("another text, and nobody else was there: nothing is sent", async () => {
    const record = recordFrom(
      ...given("x"),
      approving([], { settings: { "compose file (sha256)": sha256Hex("y") } }),
    );
    expect(await failureOf(existing(world(FOREIGN), { record }))).toMatchInlineSnapshot(`
      {
        "code": "registry-compose-mismatch",
        "hint": "no secret was sent to it; look at what it runs with: phala cvms get bird-registry --json; if that is right, give the same file with --registry-compose",
        "kind": "verification",
        "message": "bird-registry runs a compose file (sha256 d4fd3af6d6ccdaeefeec3b0c2fe3ae2d5dde874cc4ed1b7acbb2cec4dfdfe032) that this machine did not give it (2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 or a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa or 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881), and Phala lists no update by anybody else",
      }
    `);
  });

  test("another text, where others may have been: told, and what becomes of it", async () => {
    const foreign = world(FOREIGN);
    await existing(foreign, { record: recordFrom(...given("x")), certain: false });
    const unknown = world(FOREIGN);
    await existing(unknown);
    expect(foreign.cloud.told).toEqual(unknown.cloud.told);
    expect(unknown.cloud.told).toMatchInlineSnapshot(`
      [
        "warn registry-compose-unrecorded: bird-registry runs a compose file that no record here has (sha256 d4fd3af6d6ccdaeefeec3b0c2fe3ae2d5dde874cc4ed1b7acbb2cec4dfdfe032): an update replaces it by registry.yml",
      ]
    `);
    const undecided = world(FOREIGN);
    await existing(undecided, { compose: undefined });
    expect(undecided.cloud.told[0]).toMatch(/\(sha256 [0-9a-f]{64}\)$/);
  });

  test("a text that is not that of its hash is a forgery", async () => {
    const scene = world();
    scene.cloud.does.appCompose = () => ({ kind: "present", value: FOREIGN });
    expect(await failureOf(existing(scene))).toMatchInlineSnapshot(`
      {
        "code": "compose-hash-mismatch",
        "hint": "no secret was sent to it; look at it with: phala cvms get bird-registry",
        "kind": "verification",
        "message": "the app-compose of bird-registry does not hash to the compose hash that Phala's API gives (ec5449d1397f64e87597c5229606117fbfda5b4a4c33e14acb7b104e7785617c)",
      }
    `);
  });

  test("one that would lose a name is not updated; what is sent may not be known yet", async () => {
    const scene = world({ ...APP_COMPOSE, allowed_envs: ["AWS_ACCESS_KEY_ID", "EXTRA"] });
    expect(await failureOf(existing(scene))).toMatchObject({ code: "environment-incomplete" });
    expect(await existing(scene, { environment: undefined })).toMatchObject({
      allowed_envs: ["AWS_ACCESS_KEY_ID", "EXTRA"],
    });
  });

  test("one whose names nobody knows", async () => {
    const scene = world({ docker_compose_file: COMPOSE.text });
    expect(await failureOf(existing(scene))).toMatchObject({ code: "environment-unknown" });
    const bare = world({});
    expect(await failureOf(existing(bare, { compose: undefined }))).toMatchObject({
      code: "environment-unknown",
      message: expect.stringContaining("refers to none") as string,
    });
    expect(bare.cloud.told).toEqual([expect.stringContaining(sha256Hex(""))]);
  });
});
