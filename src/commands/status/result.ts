/** The answer of `status`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";
import { assessment } from "./model.ts";

export const statusResult = z
  .object({
    ok: s.bool.describe(
      "`false` for any finding of severity `error`; with `--strict`, of `warning` too",
    ),
    command: z.literal("status"),
    cluster: s.cluster,
    at: s.time.describe("when it was looked at, by this machine's clock"),
    usd_per_hour: s.number
      .nullable()
      .optional()
      .describe("of all its CVMs; `null`: the price of one of them is not known"),
    ...assessment.shape,
    timings: s.timings,
  })
  .meta({
    if: {
      properties: {
        findings: {
          type: "array",
          contains: { type: "object", properties: { severity: { const: "error" } } },
        },
      },
    },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { ok: { const: false } } },
  });
export type StatusResult = z.infer<typeof statusResult>;
