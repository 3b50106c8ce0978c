/** What must be typed before CVMs are deleted. */
import { expect, test } from "vitest";
import { confirmDestruction } from "../../../src/commands/destroy/confirmation.ts";
import { Cancellation, ClusterError } from "../../../src/errors/cluster-error.ts";
import type { Prompter } from "../../../src/inputs/prompts.ts";
import type { CommandRun } from "../../../src/session/dependencies.ts";

const action = { action: "delete", resource: "bird-registry", detail: "running" } as const;
const PLAN = {
  ok: true,
  command: "destroy",
  cluster: "bird",
  dry_run: true,
  actions: [action, { ...action, resource: "bird-runner-1" }],
  warnings: [],
} as const;

/** @returns what was printed and asked. */
async function confirmed(typed: string, temporaryRunner = false): Promise<string[]> {
  const said: string[] = [];
  const prompter = {
    print: (text: string) => void said.push(text),
    text: async ({ message }: { readonly message: string }) => {
      said.push(message);
      return typed;
    },
  } as unknown as Prompter;
  const run = { prompter, flags: { temporaryRunner } };
  type Run = CommandRun<{ readonly temporaryRunner: boolean }>;
  await confirmDestruction(PLAN, "cloud.example", run as unknown as Run);
  return said;
}

test("the cluster's name, behind what goes and what that means", async () => {
  const [listed, asked] = await confirmed(" bird ");
  expect(listed).toContain(
    "2 CVMs of the cluster bird on cloud.example:\n  bird-registry\n    running\n  bird-runner-1\n",
  );
  expect(listed).toContain("lose their keys for good");
  expect(asked).toBe("Type bird to delete 2 CVMs:");
  expect((await confirmed("bird", true))[0]).toContain("Nothing else of the cluster is touched.");
});

test("nothing is a cancellation, anything else is refused with what to type", async () => {
  await expect(confirmed(" ")).rejects.toThrow(Cancellation);
  for (const typed of ["bir", "birds", "BIRD", "y"]) {
    const refused = await confirmed(typed).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ClusterError);
    expect(refused).toMatchObject({ kind: "input", code: "not-confirmed" });
    expect((refused as Error).message).toContain("nothing is deleted");
  }
});
