import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapConcurrent } from "../../../src/lib/map-concurrent.ts";

test("keeps the order, and the limit", async () => {
  let [now, most] = [0, 0];
  const doubled = await mapConcurrent([5, 1, 3, 2, 4], 2, async (item) => {
    now += 1;
    most = Math.max(most, now);
    await delay(item);
    now -= 1;
    return item * 2;
  });
  expect([doubled, most]).toEqual([[10, 2, 6, 4, 8], 2]);
  expect(await mapConcurrent([], 2, async () => 1)).toEqual([]);
});

test("begins nothing more once one has failed", async () => {
  const begun: number[] = [];
  const work = mapConcurrent([1, 2, 3, 4], 1, async (item) => {
    begun.push(item);
    if (item === 2) throw new Error("no");
  });
  await expect(work).rejects.toThrow("no");
  expect(begun).toEqual([1, 2]);
});
