import { expect, test } from "vitest";
import { inWidth } from "../../../src/cli/options.ts";

const NOTES = `
A cluster is identified by
the names of its CVMs.

  a list   stays
  as it    is`;

test("notes are broken between words where the terminal is narrower than they are", () => {
  expect(inWidth(NOTES, 80)).toBe(NOTES);
  expect(inWidth(NOTES)).toBe(NOTES);
  expect(inWidth(NOTES, 20)).toBe(`
A cluster is
identified by the
names of its CVMs.

  a list   stays
  as it    is`);
});
