/** The result of `init`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const initResult = s.timedResult(s.ok, "init", {
  changed: s.bool.describe("false: a run that found everything as it should be, file included"),
  cluster: s.cluster,
  registry: s.registry,
  runner_compose_hash: s.hash.describe("the hash that the orchestrator's runners will have"),
  approved_compose_hashes: s.set(s.hash, 1).describe("the whole approved list, the newest last"),
  orchestrator_config: s.text.describe("the path of the file, as it was given"),
  usd_per_hour: s.number
    .nullable()
    .optional()
    .describe("of the registry; `null`: the price of its type is not known"),
  attestation: s.attestationOutcome,
  steps: s.steps(10),
  notes: s
    .list(s.words)
    .describe("for people: what was changed in orchestrator.yml, or taken from the record"),
});
export type InitResult = z.infer<typeof initResult>;
