/** The answer of `config init`. `schemas/config-init.json` is made of it. */
import { z } from "zod";

export const configInitResult = z.strictObject({
  ok: z.literal(true),
  command: z.literal("config init"),
  file: z.string(),
  /** False with `--dry-run`. */
  written: z.boolean(),
  /** Keys that were filled in. */
  filled: z.array(z.string()).readonly(),
  text: z.string(),
});

export type ConfigInitResult = z.infer<typeof configInitResult>;
