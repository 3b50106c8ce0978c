import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { verifyResult } from "../../../src/commands/verify/result.ts";

it("schemas/verify.json is what the result's zod schema says", () => {
  const published: unknown = JSON.parse(
    readFileSync(new URL("../../../schemas/verify.json", import.meta.url), "utf8"),
  );
  const own = { $id: "tee-cluster/verify.json", title: "tee-cluster verify --json" };
  expect(published).toEqual({ ...own, ...z.toJSONSchema(verifyResult) });
});
