import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { sideBySide } from "../../../src/workflow/side-by-side.ts";

const same = async (item: number): Promise<number> => item;

test("as many at a time as allowed, outcomes in the items' order", async () => {
  let atWork = 0;
  let most = 0;
  const outcomes = await sideBySide([5, 1, 3, 1, 1], 2, async (item) => {
    most = Math.max(most, (atWork += 1));
    await delay(item * 5);
    atWork -= 1;
    return item * 10;
  });
  expect(outcomes).toEqual([50, 10, 30, 10, 10]);
  expect(most).toBe(2);
});

test("nothing to do, and less than allowed", async () => {
  expect(await sideBySide([], 4, same)).toEqual([]);
  expect(await sideBySide([7], 4, same)).toEqual([7]);
});
