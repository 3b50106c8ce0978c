/** A registry that was there before: what it may run without being suspected, and what an update must not lose. */
import { describe, expect, test } from "vitest";
import { composeHashOf, sha256Hex } from "../../../src/core/compose-hash.ts";
import type { Cvm } from "../../../src/core/domain.ts";
import type { CloudApi } from "../../../src/core/ports.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { checkForeignUpdates } from "../../../src/registry/concurrent-updates.ts";
import { ownComposeFilesOf } from "../../../src/registry/last-known-config.ts";
import { assertExistingRegistry } from "../../../src/registry/verify-deployed.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import { classifyRunners } from "../../../src/approval/classify-runners.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { cvmOf } from "../../helpers/memory-cloud.ts";
import {
  APP,
  approved,
  approving,
  recordFrom,
  refused,
  update,
  verified,
  whole,
} from "../../helpers/journal-records.ts";

const NAMES = ["AWS_ACCESS_KEY_ID", "GATEWAY_AUTH_COORDINATOR_WALLET"];
const [HASH, OTHER] = ["b".repeat(64), "c".repeat(64)] as const;

const gives = (text: string, wallet = "0xAB") => ({
  settings: {
    "compose file (sha256)": sha256Hex(text),
    AWS_ACCESS_KEY_ID: "AKIA",
    GATEWAY_AUTH_COORDINATOR_WALLET: wallet,
  },
});

const adopted: JournalEntry = { type: "adopted", name: "bird-registry", app_id: APP };
const created = (text: string, empty: string[]): JournalEntry[] => [
  {
    type: "intent",
    intent: "i",
    action: "create-cvm",
    name: "bird-registry",
    app_id: null,
    compose_digest: sha256Hex(text),
    empty_names: empty,
  },
  { type: "outcome", intent: "i", outcome: "done", app_id: APP, vm_uuid: null },
];

type Scene = {
  readonly runs: string;
  /** Correlation ids of the updates, newest first; undefined: the platform keeps no list. */
  readonly updates?: readonly string[] | undefined;
  readonly record: readonly JournalEntry[];
  /** The environment that is about to be sent. */
  readonly wallet?: string;
};

/** The check as `init` and `rotate-hash` make it. @returns the codes of its warnings. */
async function look({ runs, updates, record: entries, wallet = "0xAB" }: Scene): Promise<string[]> {
  const appCompose = { docker_compose_file: runs, allowed_envs: NAMES };
  const cvm = cvmOf({ appId: APP, composeHash: composeHashOf(appCompose) });
  const registry = { name: cvm.name, appId: APP, vmUuid: "u", cvm } as Registry;
  const api: Pick<CloudApi, "appCompose" | "findCvm" | "operations" | "serverClock"> = {
    appCompose: async () => ({ kind: "present", value: appCompose }),
    findCvm: async () => ({ kind: "present", value: cvm }),
    operations: async () =>
      updates ? { kind: "present", value: updates.map(update) } : { kind: "absent" },
    serverClock: { now: () => null, skewMs: () => 0 },
  };
  const warnings: string[] = [];
  const context = {
    api: api as CloudApi,
    signal: new AbortController().signal,
    clock: systemClock,
    pollIntervalMs: 1,
    timeoutMs: 1,
    strict: false,
    warn: (code: string) => void warnings.push(code),
  };
  const record = recordFrom(...entries);
  const { certain } = await checkForeignUpdates(registry, record, context as never);
  const environment = [
    { name: "AWS_ACCESS_KEY_ID", value: "AKIA" },
    { name: "GATEWAY_AUTH_COORDINATOR_WALLET", value: wallet },
  ];
  const standing = {
    registry,
    compose: undefined,
    environment,
    record,
    walletOptional: false,
    certain,
    knownScripts: new Set<string>(),
  };
  await assertExistingRegistry(standing, context);
  return warnings;
}

describe("what it runs", () => {
  const x = whole([HASH], { ...gives("x"), after: null, correlationId: "c1" });
  const y = { ...gives("y"), after: "c1", correlationId: "c2" };

  test.each<[string, Scene]>([
    ["the update that it was seen healthy with", { runs: "x", updates: ["c1"], record: x }],
    [
      "still the one before, because the newest was accepted and failed",
      {
        runs: "x",
        updates: ["c2", "c1"],
        record: [...x, approving([HASH], y), approved([HASH], y)],
      },
    ],
    [
      "one whose end was never recorded",
      { runs: "y", updates: ["c2", "c1"], record: [...x, approving([HASH], y)] },
    ],
    [
      "the one before that, of which nothing came",
      { runs: "x", updates: ["c1"], record: [...x, approving([HASH], y)] },
    ],
    [
      "the first of two whose ends were never recorded",
      {
        runs: "y",
        updates: ["c2", "c1"],
        record: [...x, approving([HASH], y), approving([HASH], { ...gives("z"), after: "c2" })],
      },
    ],
    [
      "one whose end was never recorded, before one that was refused",
      {
        runs: "y",
        updates: undefined,
        record: [
          ...x,
          approving([HASH], y),
          approving([HASH], { ...gives("z"), after: null }),
          refused,
        ],
      },
    ],
    ["what it was made with", { runs: "w", updates: [], record: created("w", []) }],
  ])("%s: nothing to say", async (_, scene) => {
    expect(await look(scene)).toEqual([]);
  });

  test("another file, and nobody else was at it: nothing is sent", async () => {
    await expect(look({ runs: "q", updates: ["c1"], record: x })).rejects.toThrow(
      /did not give it/,
    );
    await expect(look({ runs: "q", updates: [], record: created("w", []) })).rejects.toThrow(
      /did not give it/,
    );
  });

  test.each<[string, Scene, string[]]>([
    [
      "taken over, and our first update was cut off before it took effect",
      {
        runs: "theirs",
        updates: ["t1"],
        record: [adopted, approving([HASH], { ...gives("y"), after: "t1" })],
      },
      ["registry-compose-unrecorded"],
    ],
    [
      "updated by somebody else, and ours was cut off before it took effect",
      {
        runs: "theirs",
        updates: ["t1", "c1"],
        record: [...x, approving([HASH], { ...gives("y"), after: "t1" })],
      },
      ["updated-by-others", "registry-compose-unrecorded"],
    ],
    [
      "the platform keeps no list of updates",
      { runs: "theirs", updates: undefined, record: [...created("w", []), ...x] },
      ["registry-compose-unrecorded"],
    ],
  ])("%s: shown, and no suspicion", async (_, scene, warnings) => {
    expect(await look(scene)).toEqual(warnings);
  });
});

describe("a wallet that nobody gives now", () => {
  const without = whole([HASH], { ...gives("x", ""), after: null });

  test.each<[string, Scene]>([
    ["it was made with one", { runs: "w", updates: [], record: created("w", []) }],
    [
      "an update whose end was never recorded gave one",
      {
        runs: "w",
        updates: ["c2"],
        record: [
          ...created("w", [NAMES[1] ?? ""]),
          approving([HASH], { ...gives("w"), after: null }),
        ],
      },
    ],
    [
      "the same after an update without one",
      {
        runs: "x",
        updates: ["c2", "c1"],
        record: [...without, approving([HASH], { ...gives("x"), after: "c1" })],
      },
    ],
    [
      "the last update gave one",
      { runs: "x", updates: ["c1"], record: whole([HASH], { ...gives("x"), after: null }) },
    ],
    ["nothing is known of it", { runs: "x", updates: [], record: [adopted] }],
  ])("is not taken away: %s", async (_, scene) => {
    await expect(look({ ...scene, wallet: "" })).rejects.toThrow(
      /would lose: GATEWAY_AUTH_COORDINATOR_WALLET/,
    );
  });

  test.each<[string, Scene]>([
    ["made without one", { runs: "w", updates: [], record: created("w", [NAMES[1] ?? ""]) }],
    [
      "updated without one since",
      { runs: "x", updates: ["c1"], record: [...created("x", []), ...without] },
    ],
  ])("is none: %s", async (_, scene) => {
    expect(await look({ ...scene, wallet: "" })).toEqual([]);
  });
});

test("a live runner of a list whose end was never recorded is let in, also behind a second such list", () => {
  const record = recordFrom(
    ...whole([HASH]),
    approving([HASH, OTHER]),
    approving([HASH, "d".repeat(64)]),
    verified([]),
  );
  const runner = { cvm: { name: "r" } as Cvm, composeHash: OTHER as never, appCompose: {} };
  const { accepted } = classifyRunners(
    [runner],
    {
      record,
      appId: APP,
      complete: true,
      coordinated: false,
      vouchers: { composeText: undefined, hashes: new Set() },
    },
    () => undefined,
  );
  expect(accepted).toEqual([runner]);
});

test.each<[string, readonly JournalEntry[], readonly string[]]>([
  ["nothing is recorded", [], []],
  ["its creation", created("one", []), ["one"]],
  [
    "its creation and an update not seen healthy",
    [...created("one", []), approving([HASH], gives("two"))],
    ["two", "one"],
  ],
  [
    "the update that it was seen healthy with",
    [...created("one", []), ...whole([HASH], gives("two"))],
    ["two"],
  ],
  [
    "that and a later one, whatever became of it",
    [...whole([HASH], gives("two")), approving([HASH], gives("three"))],
    ["two", "three"],
  ],
  ["an update whose file is not recorded", [...whole([HASH])], []],
])("the compose files that it may run as ours: %s", (_, entries, texts) => {
  const digests = ownComposeFilesOf({ appId: APP }, recordFrom(...entries));
  expect([...digests].toSorted()).toEqual(texts.map((text) => sha256Hex(text)).toSorted());
});
