/** The answer of `init`. */
import * as z from "zod";
import {
  attestationOutcome,
  cluster,
  hash,
  list,
  registry,
  set,
  steps,
  text,
  timings,
  warnings,
  words,
} from "../shared/schema.ts";

export const initResult = z.object({
  ok: z.literal(true),
  command: z.literal("init"),
  changed: z
    .boolean()
    .describe("false: a run that found everything as it should be, file included"),
  cluster,
  registry,
  runner_compose_hash: hash.describe("the hash that the orchestrator's runners will have"),
  approved_compose_hashes: set(hash, 1).describe("the whole approved list, the newest last"),
  orchestrator_config: text.describe("the path of the file, as it was given"),
  usd_per_hour: z
    .number()
    .nullable()
    .optional()
    .describe("of the registry; `null`: the price of its type is not known"),
  attestation: attestationOutcome,
  steps: steps(10),
  warnings,
  notes: list(words).describe(
    "for people: what was changed in orchestrator.yml, or taken from the record",
  ),
  timings,
});
export type InitResult = z.infer<typeof initResult>;
