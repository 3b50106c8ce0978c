/** The result of `rotate-hash`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

const runner = { name: s.text, app_id: s.string.nullable(), compose_hash: s.hash };

export const rotateHashResult = s.timedResult(s.ok, "rotate-hash", {
  cluster: s.cluster,
  registry: s.registry,
  changed: s.bool.describe("`false`: all was as it should be, and nothing was touched"),
  runner_compose_hash: s.hash.describe(
    "the hash that this run is about; with `--rollback` the newest of the restored list",
  ),
  previous_compose_hashes: s
    .set(s.hash)
    .describe("the list before, as recorded on this machine; empty without a record"),
  approved_compose_hashes: s.set(s.hash, 1).describe("the whole list now, the newest last"),
  approved_via: z
    .enum(["restart", "api"])
    .describe(
      "`restart`: in the registry's environment; `api`: in the running registry until its next restart",
    ),
  registry_compose_changed: s.bool.describe("whether the registry got another compose file too"),
  runners_cut_off: s.list(z.object(runner)).describe("running runners that lost access"),
  runners_deleted: s
    .list(z.object(runner))
    .describe("those of dropped hashes that `--delete-revoked`, or an answer, had deleted"),
  attestation: s.attestationOutcome,
  steps: s.steps(7),
});
export type RotateHashResult = z.infer<typeof rotateHashResult>;

/** `rotate-hash --plan`: the dry run, and the differences in full. */
export const rotatePlanResult = s.dryRun.extend({
  command: z.literal("rotate-hash"),
  compose_hash: z.object({
    value: s.hash
      .nullable()
      .describe("the hash that would be approved; `null`: only a temporary runner can tell"),
    from: z
      .enum(["recorded", "provisioned", "predicted", "unknown", "restored"])
      .describe(
        "`recorded`: read back before; `provisioned`: by Phala, with `--hash-from provision`; `restored`: with `--rollback`",
      ),
    basis: s.string.nullable().describe("what a prediction rests on, for people"),
  }),
  approved_compose_hashes: z.object({
    before: s.set(s.hash),
    after: s.set(s.hash),
    added: s.set(s.hash),
    removed: s.set(s.hash),
  }),
  compose_changes: z.object({
    registry: s.lineDiff.describe("lines with `- ` or `+ ` before them"),
    runner: s.lineDiff
      .nullable()
      .describe("likewise; `null` where nothing is recorded to compare with"),
  }),
  environment_names: z.object({
    registry: z.object({ before: s.list(s.text), after: s.list(s.text) }),
    runner: s.list(s.text),
  }),
  runners: s
    .list(z.object({ ...runner, accepted: s.bool.describe("whether it keeps access") }))
    .describe("the running ones"),
});
export type RotatePlanResult = z.infer<typeof rotatePlanResult>;
