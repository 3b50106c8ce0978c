/** The result of `sandbox`, printed when it is up. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const sandboxResult = z.object({
  ok: z.literal(true),
  command: z.literal("sandbox"),
  running: s.bool.describe(
    "`false` after `stop` and `reset`, or where none runs: what follows is `null`, `variables` empty",
  ),
  state: z
    .enum(["running", "stopped", "reset", "not-running"])
    .describe("`stopped` and `reset` by this command; `not-running`: there was none"),
  url: z
    .string()
    .regex(/^http:\/\/127\.0\.0\.1:\d+$/)
    .nullable()
    .describe("of API and gateway; the API is below it, at `/api/v1`"),
  gateway_url: s.string.nullable().describe("the gateway's template"),
  api_key: s.string.nullable().describe("the key that the API takes; made up, and so not redacted"),
  variables: z
    .record(s.string, s.string)
    .describe("to export for `tee-cluster` and `phala`, each with its value"),
});
export type SandboxResult = z.infer<typeof sandboxResult>;
