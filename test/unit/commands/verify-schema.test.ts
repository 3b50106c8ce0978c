import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { trustResult } from "../../../src/commands/trust/result.ts";
import { verifyResult } from "../../../src/commands/verify/result.ts";

it.each([
  ["verify", "tee-cluster verify --json", verifyResult],
  ["trust", "tee-cluster trust show|diff|pin --json", trustResult],
])("schemas/%s.json is what the result's zod schema says", (name, title, schema) => {
  const file = new URL(`../../../schemas/${name}.json`, import.meta.url);
  const published: unknown = JSON.parse(readFileSync(file, "utf8"));
  expect(published).toEqual({ $id: `tee-cluster/${name}.json`, title, ...z.toJSONSchema(schema) });
});
