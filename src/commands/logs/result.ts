/** The result of `logs`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const logsResult = s.result(s.ok, "logs", {
  cluster: s.string,
  cvm: z.strictObject({ name: s.string, app_id: s.string.nullable() }),
  container: s.string.nullable().describe("`null`: the console of the CVM"),
  lines: z.array(s.string).readonly().describe("the oldest first"),
});

export type LogsResult = z.infer<typeof logsResult>;
