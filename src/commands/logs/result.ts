/** The answer of `logs`. */
import * as z from "zod";
import { warnings } from "../shared/schema.ts";

export const logsResult = z.strictObject({
  ok: z.literal(true),
  command: z.literal("logs"),
  cluster: z.string(),
  cvm: z.strictObject({ name: z.string(), app_id: z.string().nullable() }),
  container: z.string().nullable().describe("`null`: the console of the CVM"),
  lines: z.array(z.string()).readonly().describe("the oldest first"),
  warnings,
});

export type LogsResult = z.infer<typeof logsResult>;
