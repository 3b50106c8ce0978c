/** The answer of `config show`. `schemas/config-show.json` is made of it. */
import * as z from "zod";
import { warnings } from "../shared/schema.ts";

const shownInput = z.object({
  name: z
    .string()
    .describe(
      "the flag without its dashes, and the key in tee-cluster.yml; of a secret its variable",
    ),
  value: z
    .union([z.string(), z.array(z.string()).readonly()])
    .nullable()
    .describe("as it could be given; null: not set, or a secret"),
  secret: z.boolean(),
  set: z.boolean(),
  required: z.boolean().describe("without it `init` does nothing"),
  origin: z
    .enum(["flag", "environment", "config file", "record", "orchestrator.yml", "default"])
    .nullable(),
  from: z
    .string()
    .nullable()
    .describe(
      "where exactly: the flag, the variable, `tee-cluster.yml:3`; null where the origin says it all",
    ),
});

export const configShowResult = z.object({
  ok: z.literal(true),
  command: z.literal("config show"),
  cluster: z.string().nullable().describe("null: named nowhere"),
  config_file: z.string().nullable().describe("the config file that was read; null: there is none"),
  inputs: z.array(shownInput).readonly(),
  warnings,
});

export type ShownInput = z.infer<typeof shownInput>;
export type ConfigShowResult = z.infer<typeof configShowResult>;
