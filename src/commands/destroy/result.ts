/** The answer of `destroy`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const destroyResult = z.object({
  ok: z.literal(true).describe("none of the CVMs that were to be deleted exists any longer"),
  command: z.literal("destroy"),
  cluster: s.cluster,
  deleted: s
    .list(
      z.object({
        name: s.cvmName,
        app_id: s.string.nullable().describe("as Phala's API gives it"),
        role: s.role,
      }),
    )
    .describe("what this run deleted, in that order; empty where there was nothing"),
  warnings: s.warnings,
  timings: s.timings,
});
export type DestroyResult = z.infer<typeof destroyResult>;
