/** Step 6 where the platform gives a hash, but not what it stands for. */
import { expect, test } from "vitest";
import { parseCompose } from "../../../src/compose/compose-file.ts";
import type { AppCompose } from "../../../src/core/compose-hash.ts";
import type { Lookup } from "../../../src/core/ports.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { summarizeJournal } from "../../../src/state/record.ts";
import { readComposeHash, type ReadComposeHashInput } from "../../../src/steps/read-compose-hash.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import type { StepContext } from "../../../src/workflow/step.ts";

const HASH = "a".repeat(64);
const NAME = "bird-runner-temp";
const COMPOSE = parseCompose("services:\n  spawn-service:\n    image: example\n", "runner.yml");

async function read(appCompose: Lookup<AppCompose>, strict: boolean) {
  const written: JournalEntry[] = [];
  const warnings: string[] = [];
  const saved: AppCompose[] = [];
  const context = {
    api: {
      findCvm: async () => ({ kind: "present", value: { name: NAME, composeHash: HASH } }),
      appCompose: async () => appCompose,
    },
    journal: { append: async (entry: JournalEntry) => void written.push(entry) },
    warn: (code: string, message: string) => void warnings.push(`${code}: ${message}`),
    progress: () => undefined,
    clock: systemClock,
    signal: new AbortController().signal,
    timeoutMs: 1000,
    pollIntervalMs: 1,
    strict,
  } as unknown as StepContext;
  const input = {
    runner: { name: NAME, appId: "b".repeat(40), vmUuid: null },
    compose: COMPOSE,
    environmentNames: ["REGISTRY_URL"],
    store: { save: async (it: AppCompose) => void saved.push(it), knownScripts: async () => new Set() },
    record: summarizeJournal([], "bird"),
  } as unknown as ReadComposeHashInput;
  const outcome = await readComposeHash.run(input, context).catch((error: unknown) => error);
  return { outcome, written, warnings, saved };
}

test("the API has no app-compose of it: a warning, and nothing is kept as checked", async () => {
  const { outcome, written, warnings, saved } = await read({ kind: "absent" }, false);
  expect(outcome).toMatchObject({ status: "done", output: HASH });
  expect(warnings).toEqual([
    `app-compose-unchecked: the hash of ${NAME} could not be checked against its app-compose: the API has none`,
  ]);
  expect(written).toMatchObject([{ type: "compose-hash", hash: HASH }]);
  expect(saved).toEqual([]);
});

test.each<[string, Lookup<AppCompose>, boolean, string]>([
  ["with --strict", { kind: "absent" }, true, "the API has none"],
  ["where the API does not say", { kind: "unknown", reason: "HTTP 502 Bad Gateway" }, false, "HTTP 502"],
])("%s it is refused, and no hash is recorded", async (_, appCompose, strict, why) => {
  const { outcome, written, warnings } = await read(appCompose, strict);
  expect(outcome).toMatchObject({
    kind: "verification",
    code: "app-compose-unreadable",
    message: expect.stringContaining(why),
    hint: expect.stringContaining("nothing was approved"),
  });
  expect([written, warnings]).toEqual([[], []]);
});
