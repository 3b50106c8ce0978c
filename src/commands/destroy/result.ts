/** The answer of `destroy`. */
import * as z from "zod";
import { cluster, cvmName, list, role, timings, warnings } from "../shared/schema.ts";

export const destroyResult = z.object({
  ok: z.literal(true).describe("none of the CVMs that were to be deleted exists any longer"),
  command: z.literal("destroy"),
  cluster,
  deleted: list(
    z.object({
      name: cvmName,
      app_id: z.string().nullable().describe("as Phala's API gives it"),
      role,
    }),
  ).describe("what this run deleted, in that order; empty where there was nothing"),
  warnings,
  timings,
});
export type DestroyResult = z.infer<typeof destroyResult>;
