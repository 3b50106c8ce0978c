/** Each command that changes something, run for real: at every mutating request its intent is on disk. */
import { expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import type { SandboxRequest } from "../../src/sandbox/index.ts";
import { SCENARIOS } from "../chaos/scenarios.ts";
import { openIntents } from "../helpers/journal.ts";
import { FAST } from "../helpers/program.ts";

/** The others can't change the cloud; whoever adds a command that can adds a scenario to the chaos suite. */
const LOOKS_ONLY = new Set([
  "status",
  "doctor",
  "hash",
  "verify",
  "trust show",
  "trust diff",
  "trust pin",
  "history",
  "list",
  "logs",
  "explain",
  "completion",
  "config init",
  "config show",
  "config migrate",
  "sandbox",
]);

const ACTIONS: readonly { readonly request: RegExp; readonly action: string }[] = [
  { request: /^POST \/api\/v1\/cvms(?:\/provision)?$/, action: "create-cvm" },
  { request: /^PATCH \/api\/v1\/cvms\/\w+$/, action: "update-cvm" },
  { request: /^DELETE \/api\/v1\/cvms\/\w+$/, action: "delete-cvm" },
  { request: /^POST \/gateway\/.*\/registry\/approve-hash$/, action: "approve-hashes" },
];

test("every command that changes something is in the chaos suite", () => {
  const changing = COMMANDS.map(({ name }) => name).filter((name) => !LOOKS_ONLY.has(name));
  expect(new Set(changing)).toEqual(new Set(SCENARIOS.map(({ args: [name] }) => name)));
});

/** `rotate-hash` makes no other calls than these do. */
const RUN = SCENARIOS.filter(({ name }) => name !== "rotate-hash");

test.each(RUN)("$name: every mutating request has its intent on disk", async ({ args, open }) => {
  const unannounced: string[] = [];
  let announced = 0;
  const onRequest = async ({ method, path, mutating }: SandboxRequest): Promise<void> => {
    if (!mutating) return;
    const wanted = ACTIONS.find(({ request }) => request.test(`${method} ${path}`))?.action;
    const intents = await openIntents(world);
    if (intents.some(({ action }) => action === wanted)) announced += 1;
    else unannounced.push(`${method} ${path}`);
  };
  const { world } = await open({ timings: FAST, onRequest });
  onTestFinished(() => world.close());
  const run = await world.run([...args, "--json"], { TEE_CLUSTER_POLL_INTERVAL: "50ms" });
  expect(run.exitCode, run.stdout).toBe(0);
  expect(unannounced).toEqual([]);
  expect(announced).toBeGreaterThan(0);
});
