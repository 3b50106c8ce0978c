import { expect, test } from "vitest";
import { keepYoungGenerationSmall } from "../../../src/lib/young-generation.ts";

/** `status --watch` reads a long list again and again; Node warns of more than ten listeners. */
test("is done once in a process, however often a long list is read", () => {
  keepYoungGenerationSmall();
  const first = process.listenerCount("exit");
  for (let read = 0; read < 12; read += 1) keepYoungGenerationSmall();
  expect(process.listenerCount("exit")).toBe(first);
});
