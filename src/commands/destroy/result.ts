/** The result of `destroy`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const destroyResult = s.timedResult(
  s.ok.describe("none of the CVMs that were to be deleted exists any longer"),
  "destroy",
  {
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
  },
);
export type DestroyResult = z.infer<typeof destroyResult>;
