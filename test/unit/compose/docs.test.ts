/** docs/compose.md describes every finding, with the catalogue's severities. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CATALOGUE } from "../../../src/compose/catalogue.ts";

test("the table of findings has every code with its severities, in the catalogue's order", () => {
  const page = readFileSync(new URL("../../../docs/compose.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(.+?)` +\| (.+?) +\| .+ \| .+ \|$/gm)];
  expect(rows.map(([, code, severities]) => [code, severities])).toEqual(Object.entries(CATALOGUE));
});
