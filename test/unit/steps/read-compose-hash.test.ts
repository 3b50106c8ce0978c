/** Step 6 where the platform gives a hash, but not what it stands for. */
import { expect, test } from "vitest";
import { parseCompose } from "../../../src/compose/compose-file.ts";
import { composeHashOf, sha256Hex, type AppCompose } from "../../../src/core/compose-hash.ts";
import type { Lookup } from "../../../src/core/ports.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import {
  readComposeHash,
  type ReadComposeHashInput,
} from "../../../src/steps/read-compose-hash.ts";
import type { StepContext } from "../../../src/workflow/step.ts";

const HASH = "a".repeat(64);
const NAME = "bird-runner-temp";
const COMPOSE = parseCompose("services:\n  spawn-service:\n    image: example\n", "runner.yml");

type Given = {
  readonly appCompose?: Lookup<AppCompose>;
  /** What the API says of the runner, look by look; the last one stays. */
  readonly looks?: readonly Lookup<unknown>[];
  readonly strict?: boolean;
  readonly allowUnchecked?: boolean;
  /** SHA-256 of scripts that earlier deployments had. */
  readonly knownScripts?: readonly string[];
};

const PRESENT: Lookup<unknown> = { kind: "present", value: { name: NAME, composeHash: HASH } };
const NO_HASH: Lookup<unknown> = { kind: "present", value: { name: NAME, composeHash: null } };
const ABSENT = { kind: "absent" } as const;

async function read({
  appCompose = ABSENT,
  looks = [PRESENT],
  strict = false,
  allowUnchecked = false,
  knownScripts = [],
}: Given) {
  const written: JournalEntry[] = [];
  const warnings: string[] = [];
  const saved: AppCompose[] = [];
  let look = 0;
  let now = 0;
  const context = {
    api: {
      findCvm: async () => looks[Math.min(look++, looks.length - 1)],
      appCompose: async () => appCompose,
    },
    journal: { append: async (entry: JournalEntry) => void written.push(entry) },
    warn: (code: string, message: string) => void warnings.push(`${code}: ${message}`),
    progress: () => undefined,
    clock: {
      monotonic: () => now,
      now: () => now,
      deadline: () => new AbortController().signal,
      sleep: async (ms: number) => void (now += ms),
    },
    signal: new AbortController().signal,
    timeoutMs: 600_000,
    pollIntervalMs: 1000,
    strict,
  } as unknown as StepContext;
  const input = {
    runner: { name: NAME, appId: "b".repeat(40), vmUuid: null },
    compose: COMPOSE,
    environmentNames: ["REGISTRY_URL"],
    store: {
      save: async (it: AppCompose) => void saved.push(it),
      knownScripts: async () => new Set(knownScripts),
    },
    record: summarizeJournal([], "bird"),
    allowUnchecked,
  } as unknown as ReadComposeHashInput;
  const outcome = await readComposeHash.run(input, context).catch((error: unknown) => error);
  return { outcome, written, warnings, saved, waitedMs: now };
}

test("without its app-compose a hash is approved only by the operator's word, and recorded as such", async () => {
  const { outcome, written, warnings, saved } = await read({ allowUnchecked: true });
  expect(outcome).toMatchObject({ status: "done", output: HASH });
  expect(warnings).toEqual([
    `app-compose-unchecked: the hash of ${NAME} could not be checked against its app-compose: Phala's API has none; approved anyway (--allow-unchecked-hash)`,
  ]);
  expect(written).toMatchObject([{ type: "compose-hash", hash: HASH, unchecked: true }]);
  expect(saved).toEqual([]);
});

const UNKNOWN = { kind: "unknown", reason: "HTTP 502 Bad Gateway" } as const;

test.each<[string, Given, string]>([
  ["the API has none", {}, "Phala's API has none"],
  ["the API does not say", { appCompose: UNKNOWN }, "HTTP 502"],
  [
    "the operator allows it, but --strict",
    { allowUnchecked: true, strict: true },
    "Phala's API has none",
  ],
])("%s: it is refused, and no hash is recorded", async (_, given, why) => {
  const { outcome, written, warnings } = await read(given);
  expect(outcome).toMatchObject({
    kind: "verification",
    code: "app-compose-unchecked",
    message: expect.stringContaining(why),
    hint: expect.stringContaining("nothing was approved"),
  });
  expect([written, warnings]).toEqual([[], []]);
});

test.each<[string, readonly Lookup<unknown>[], number]>([
  ["was seen and is gone: at once", [NO_HASH, ABSENT], 1000],
  ["is gone once its hash was read: at once", [PRESENT, ABSENT], 4000],
  ["never became visible: when it should have", [ABSENT], 60_000],
])("a temporary runner that %s", async (_, looks, waitedMs) => {
  const read1 = await read({ looks });
  expect(read1.outcome).toMatchObject({ kind: "platform", code: "temporary-runner-gone" });
  expect([read1.written, read1.waitedMs]).toEqual([[], waitedMs]);
});

test("one that is not visible yet is waited for", async () => {
  const looks = [...Array.from({ length: 20 }, () => ABSENT), PRESENT];
  const { outcome } = await read({ looks, allowUnchecked: true });
  expect(outcome).toMatchObject({ output: HASH });
});

test("a pre-launch script is told, or refused with --strict, unless an earlier deployment had it", async () => {
  const script = "#!/bin/sh\necho of the platform\n";
  const value = {
    docker_compose_file: COMPOSE.text,
    allowed_envs: ["REGISTRY_URL"],
    pre_launch_script: script,
  };
  const cvm = { name: NAME, composeHash: composeHashOf(value) };
  const given: Given = {
    appCompose: { kind: "present", value },
    looks: [{ kind: "present", value: cvm }],
  };
  const told = await read(given);
  expect([told.outcome, told.warnings]).toMatchObject([
    { output: cvm.composeHash },
    [expect.stringMatching(/^pre-launch-script: /)],
  ]);
  const strict = await read({ ...given, strict: true });
  expect([strict.outcome, strict.saved]).toMatchObject([{ code: "pre-launch-script" }, []]);
  const known = await read({ ...given, strict: true, knownScripts: [sha256Hex(script)] });
  expect([known.outcome, known.warnings]).toMatchObject([{ output: cvm.composeHash }, []]);
});
