/** The answers of `rotate-hash`. */
import * as z from "zod";
import {
  attestationOutcome,
  cluster,
  dryRun,
  hash,
  lineDiff,
  list,
  registry,
  set,
  steps,
  text,
  timings,
  warnings,
} from "../shared/schema.ts";

const runner = { name: text, app_id: z.string().nullable(), compose_hash: hash };

export const rotateHashResult = z.object({
  ok: z.literal(true),
  command: z.literal("rotate-hash"),
  cluster,
  registry,
  changed: z.boolean().describe("`false`: all was as it should be, and nothing was touched"),
  runner_compose_hash: hash.describe(
    "the hash that this run is about; with `--rollback` the newest of the restored list",
  ),
  previous_compose_hashes: set(hash).describe(
    "the list before, as recorded on this machine; empty without a record",
  ),
  approved_compose_hashes: set(hash, 1).describe("the whole list now, the newest last"),
  approved_via: z
    .enum(["restart", "api"])
    .describe(
      "`restart`: in the registry's environment; `api`: in the running registry until its next restart",
    ),
  registry_compose_changed: z
    .boolean()
    .describe("whether the registry got another compose file too"),
  runners_cut_off: list(z.object(runner)).describe("running runners that lost access"),
  runners_deleted: list(z.object(runner)).describe(
    "those of dropped hashes that `--delete-revoked`, or an answer, had deleted",
  ),
  attestation: attestationOutcome,
  steps: steps(7),
  warnings,
  timings,
});
export type RotateHashResult = z.infer<typeof rotateHashResult>;

/** `rotate-hash --plan`: the dry run, and the differences in full. */
export const rotatePlanResult = dryRun.extend({
  command: z.literal("rotate-hash"),
  compose_hash: z.object({
    value: hash
      .nullable()
      .describe("the hash that would be approved; `null`: only a temporary runner can tell"),
    from: z
      .enum(["recorded", "provisioned", "predicted", "unknown", "restored"])
      .describe(
        "`recorded`: read back before; `provisioned`: by Phala, with `--hash-from provision`; `restored`: with `--rollback`",
      ),
    basis: z.string().nullable().describe("what a prediction rests on, for people"),
  }),
  approved_compose_hashes: z.object({
    before: set(hash),
    after: set(hash),
    added: set(hash),
    removed: set(hash),
  }),
  compose_changes: z.object({
    registry: lineDiff.describe("lines with `- ` or `+ ` before them"),
    runner: lineDiff
      .nullable()
      .describe("likewise; `null` where nothing is recorded to compare with"),
  }),
  environment_names: z.object({
    registry: z.object({ before: list(text), after: list(text) }),
    runner: list(text),
  }),
  runners: list(
    z.object({ ...runner, accepted: z.boolean().describe("whether it keeps access") }),
  ).describe("the running ones"),
});
export type RotatePlanResult = z.infer<typeof rotatePlanResult>;
