/** The answer of `config init`. `schemas/config-init.json` is made of it. */
import * as z from "zod";

export const configInitResult = z.object({
  ok: z.literal(true),
  command: z.literal("config init"),
  file: z.string(),
  written: z.boolean().describe("false with `--dry-run`"),
  filled: z.array(z.string()).readonly().describe("keys that were filled in"),
  text: z.string(),
});

export type ConfigInitResult = z.infer<typeof configInitResult>;
