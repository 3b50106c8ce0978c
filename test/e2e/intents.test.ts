/** Each command that changes something, run for real: at every mutating request its intent is on disk. */
import { readdir } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands/index.ts";
import type { SandboxRequest } from "../../src/sandbox/index.ts";
import { readJournal } from "../../src/state/journal.ts";
import { stateDirectoryOf } from "../../src/state/state-directory.ts";
import { SCENARIOS } from "../chaos/scenarios.ts";
import { FAST } from "../helpers/program.ts";

/** The others can't change the cloud; whoever adds a command that can adds a scenario to the chaos suite. */
const LOOKS_ONLY = new Set(["status", "doctor", "hash", "history", "config migrate", "sandbox"]);

const ACTIONS: readonly { readonly request: RegExp; readonly action: string }[] = [
  { request: /^POST \/api\/v1\/cvms(?:\/provision)?$/, action: "create-cvm" },
  { request: /^PATCH \/api\/v1\/cvms\/\w+$/, action: "update-cvm" },
  { request: /^DELETE \/api\/v1\/cvms\/\w+$/, action: "delete-cvm" },
  { request: /^POST \/gateway\/.*\/registry\/approve-hash$/, action: "approve-hashes" },
];

test("every command that changes something is in the chaos suite", () => {
  const changing = COMMANDS.map(({ name }) => name).filter((name) => !LOOKS_ONLY.has(name));
  expect(changing.toSorted()).toEqual(SCENARIOS.map(({ name }) => name).toSorted());
});

test.each(SCENARIOS)("$name: every mutating request has its intent on disk", async ({ args, open }) => {
  const unannounced: string[] = [];
  let announced = 0;
  const onRequest = async ({ method, path, mutating }: SandboxRequest): Promise<void> => {
    if (!mutating) return;
    const wanted = ACTIONS.find(({ request }) => request.test(`${method} ${path}`))?.action;
    if (wanted !== undefined && (await openIntents(world.stateDir)).has(wanted)) announced += 1;
    else unannounced.push(`${method} ${path}`);
  };
  const { world } = await open({ timings: FAST, onRequest });
  onTestFinished(() => world.close());
  const run = await world.run([...args, "--json"], { TEE_CLUSTER_POLL_INTERVAL: "50ms" });
  expect(run.exitCode, run.stdout).toBe(0);
  expect(unannounced).toEqual([]);
  expect(announced).toBeGreaterThan(0);
});

/** What is announced in the journal and has no outcome yet. */
async function openIntents(stateDir: string): Promise<ReadonlySet<string>> {
  const [host = ""] = await readdir(stateDir);
  const records = await readJournal(stateDirectoryOf(stateDir, host, "bird-tracker"));
  const ended = new Set(records.flatMap((record) => (record.type === "outcome" ? [record.intent] : [])));
  return new Set(
    records.flatMap((record) =>
      record.type === "intent" && !ended.has(record.intent) ? [record.action] : [],
    ),
  );
}
