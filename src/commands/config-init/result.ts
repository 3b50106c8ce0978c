/** The result of `config init`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const configInitResult = z.object({
  ok: z.literal(true),
  command: z.literal("config init"),
  file: s.string,
  written: s.bool.describe("false with `--dry-run`"),
  filled: z.array(s.string).readonly().describe("keys that were filled in"),
  text: s.string,
});

export type ConfigInitResult = z.infer<typeof configInitResult>;
