/** The result of `config show`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

const shownInput = z.object({
  name: s.string.describe(
    "the flag without its dashes, and the key in tee-cluster.yml; of a secret its variable",
  ),
  value: z
    .union([s.string, z.array(s.string).readonly()])
    .nullable()
    .describe("as it could be given; null: not set, or a secret"),
  secret: s.bool,
  set: s.bool,
  required: s.bool.describe("without it `init` does nothing"),
  origin: z
    .enum(["flag", "environment", "config file", "record", "orchestrator.yml", "default"])
    .nullable(),
  from: s.string
    .nullable()
    .describe(
      "where exactly: the flag, the variable, `tee-cluster.yml:3`; null where the origin says it all",
    ),
});

export const configShowResult = s.result(s.ok, "config show", {
  cluster: s.string.nullable().describe("null: named nowhere"),
  config_file: s.string.nullable().describe("the config file that was read; null: there is none"),
  inputs: z.array(shownInput).readonly(),
});

export type ShownInput = z.infer<typeof shownInput>;
export type ConfigShowResult = z.infer<typeof configShowResult>;
