/** Which operations count as an update of a registry, and which one is new. */
import { expect, test } from "vitest";
import type { CvmOperation } from "../../../src/core/ports.ts";
import { isUpdate, newUpdate } from "../../../src/registry/updates.ts";

const operation = (type: string, correlationId: string | null = "a"): CvmOperation =>
  ({ type, correlationId }) as CvmOperation;

test.each([
  [true, " compose_update update Compose-Update patch envs_change set_environment upgrade"],
  [false, "create power_on power_off start stop restart Reboot shutdown delete replicate"],
])("may have replaced the environment (%s): %s", (expected, words) => {
  for (const word of words.split(" "))
    expect([word, isUpdate(operation(word))]).toEqual([word, expected]);
});

test("the newest is new only if it was not there before", () => {
  const [old, young] = [operation("update", "a"), operation("update", "b")];
  expect(newUpdate([old], [young, old])).toBe(young);
  expect(newUpdate([old], [old])).toBeUndefined();
  expect(newUpdate([old], [])).toBeUndefined();
});
