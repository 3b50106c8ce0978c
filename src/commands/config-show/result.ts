/** The answer of `config show`. `schemas/config-show.json` is made of it. */
import { z } from "zod";
import { warnings } from "../shared/schema.ts";

const shownInput = z.strictObject({
  /** The flag without its dashes, and the key in tee-cluster.yml; of a secret its variable. */
  name: z.string(),
  /** As it could be given; null: not set, or a secret. */
  value: z.union([z.string(), z.array(z.string()).readonly()]).nullable(),
  secret: z.boolean(),
  set: z.boolean(),
  /** Without it `init` does nothing. */
  required: z.boolean(),
  origin: z.enum(["flag", "environment", "config file", "record", "orchestrator.yml", "default"]).nullable(),
  /** Where exactly: the flag, the variable, `tee-cluster.yml:3`; null where the origin says it all. */
  from: z.string().nullable(),
});

export const configShowResult = z.strictObject({
  ok: z.literal(true),
  command: z.literal("config show"),
  /** Null: named nowhere. */
  cluster: z.string().nullable(),
  /** The config file that was read; null: there is none. */
  config_file: z.string().nullable(),
  inputs: z.array(shownInput).readonly(),
  warnings,
});

export type ShownInput = z.infer<typeof shownInput>;
export type ConfigShowResult = z.infer<typeof configShowResult>;
