/** Which operations count as an update of a registry, and which one is new. */
import { expect, test } from "vitest";
import type { CvmOperation } from "../../../src/core/ports.ts";
import { isUpdate, newUpdate, updateUnconfirmed } from "../../../src/registry/updates.ts";
import { cvmOf, failureOf, registryFrom, UUID } from "../../helpers/memory-cloud.ts";

const operation = (type: string, correlationId: string | null = "a"): CvmOperation =>
  ({ type, correlationId }) as CvmOperation;

test.each([
  [true, " compose_update update Compose-Update patch envs_change set_environment upgrade"],
  [false, "create power_on power_off start stop restart Reboot shutdown delete replicate"],
])("may have replaced the environment (%s): %s", (expected, words) => {
  for (const word of words.split(" "))
    expect([word, isUpdate(operation(` ${word}\n`))]).toEqual([word, expected]);
});

test("the newest is new only if it was not there before", () => {
  const [old, young] = [operation("update", "a"), operation("update", "b")];
  expect(newUpdate([old], [young, old])).toBe(young);
  expect(newUpdate([old], [old])).toBeUndefined();
  expect(newUpdate([old], [])).toBeUndefined();
});

test("one of which nobody can tell what came of it: what is known, and how to go on", async () => {
  const error = updateUnconfirmed(registryFrom(cvmOf()), "connection lost");
  expect(
    await failureOf(() => {
      throw error;
    }),
  ).toEqual({
    kind: "timeout",
    code: "update-unconfirmed",
    message:
      "could not confirm the update of bird-registry: connection lost; it may have the new list or the one before",
    hint: expect.stringMatching(
      new RegExp(
        `^look at it with: phala cvms get ${UUID} --json; then run .*; it repeats the update where it is needed; if it does not end, --force-update`,
      ),
    ),
  });
});
