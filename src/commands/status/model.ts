/** What `tee-cluster status` reports of a cluster, in the very shape of `--json`. See docs/status.md. */
import * as z from "zod";
import type { StatusCode } from "../../errors/catalogue.ts";
import {
  code,
  cvmName,
  difference,
  hash,
  list,
  role,
  set,
  text,
  time,
  url,
  words,
} from "../shared/schema.ts";

const capacity = z.object({
  accepting_new_models: z.boolean(),
  running_models: z.number().nullable(),
  total_memory_mb: z.number().nullable(),
});
export type CapacityStatus = z.infer<typeof capacity>;

/** In what a refused runner's app-compose departs from the one it is most like. */
const refusal = z.object({
  compared_with: z
    .object({ kind: z.enum(["approved", "predicted"]), compose_hash: hash })
    .nullable()
    .describe("`null`: there was nothing to compare with"),
  differences: list(difference),
});
export type Refusal = z.infer<typeof refusal>;

/** One CVM of the cluster. `null` is "not known", or "does not apply". */
const cvm = z
  .object({
    name: cvmName,
    role,
    app_id: text.nullable(),
    vm_uuid: text.nullable(),
    status: text.describe("the platform's word: `running`, `starting`, `stopped`"),
    in_progress: z.boolean().describe("whether an operation is in progress"),
    node: text.nullable(),
    instance_type: text.nullable(),
    created_at: text.nullable(),
    age_seconds: z.int().min(0).nullable().describe("by the server's clock"),
    url: url.nullable().describe("where its spawntee answers, without a path"),
    health: z
      .string()
      .nullable()
      .describe("as `/health` reports it; `null` where nobody answered or was asked"),
    mode: z.string().nullable().describe("likewise"),
    uptime_seconds: z.number().nullable().describe("likewise"),
    unanswered: text.nullable().describe("why `/health`, though asked, gave no answer"),
    capacity: capacity.nullable(),
    compose_hash: z.string().nullable(),
    compose_hash_checked: z
      .boolean()
      .nullable()
      .describe("whether the app-compose that the API gives hashes to it"),
    approved: z
      .boolean()
      .nullable()
      .describe(
        "of runners: whether the registry approves its hash; `null`: not known, as with schema v2 where it is not on our list",
      ),
    refusal: refusal
      .nullable()
      .describe(
        "in what it differs from what our list has; `null` where it is on the list, or that is not known",
      ),
    leftover: z
      .enum(["in-use", "ours", "abandoned"])
      .nullable()
      .describe("of a temporary runner: whose it is"),
  })
  .meta({
    if: { properties: { approved: { const: false } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { role: { const: "runner" }, refusal: { not: { type: "null" } } } },
    else: {
      if: { properties: { refusal: { not: { type: "null" } } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { properties: { role: { const: "runner" }, approved: { type: "null" } } },
    },
  });
export type CvmStatus = z.infer<typeof cvm>;

/** What this machine knows of the list that the registry approves. */
const approvedList = z
  .object({
    standing: z
      .enum(["confirmed", "unconfirmed", "outdated", "unknown"])
      .describe(
        "`confirmed`: the registry's last update is the recorded one; `unconfirmed`: that can't be told; `outdated`: it is not recorded here; `unknown`: nothing is",
      ),
    compose_hashes: set(hash)
      .nullable()
      .describe("as recorded here, the newest last; `null` where nothing is"),
    lost: set(hash).describe("pushed to the running registry and forgotten with its restart"),
    via: z.enum(["restart", "api"]).nullable().describe("of the newest record"),
    recorded_at: time.nullable(),
  })
  .meta({
    if: { properties: { standing: { const: "unknown" } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { compose_hashes: { type: "null" } } },
    else: { properties: { compose_hashes: { type: "array" } } },
  });
export type ApprovedListStatus = z.infer<typeof approvedList>;

/** The local runner compose file against that list. */
const drift = z.object({
  runner_compose: text.describe("the file"),
  predicted_compose_hash: hash
    .nullable()
    .describe("that runners made from it would have; `null` where nothing can be predicted"),
  status: z.enum(["approved", "not-approved", "unknown"]),
  basis: z
    .object({
      kind: z.enum(["recorded", "live-runner"]),
      compose_hash: hash,
      at: time.nullable().describe("when it was recorded"),
      name: text.nullable().describe("of the running runner"),
    })
    .nullable()
    .describe("what the prediction rests on"),
});
export type Drift = z.infer<typeof drift>;

/** Whether the registry still is what was verified last on this machine. */
const attestation = z.object({
  last_verified_at: time.nullable().describe("on this machine; `null`: never"),
  result: z
    .enum(["verified", "partly", "none"])
    .nullable()
    .describe("of its evidence now, with Intel's collateral from the cache; `null`: not looked at"),
  unchanged: z
    .boolean()
    .nullable()
    .describe("whether it is what it was then; `null`: that is not known, `reason` says why"),
  reason: text.nullable().describe("what has changed, or why something is not known"),
});
export type AttestationStatus = z.infer<typeof attestation>;

/** `core/finding.ts` in JSON, where what does not apply is `null`. An `error` is what makes the exit code 7. */
const finding = z.object({
  code: code as unknown as z.ZodType<StatusCode>,
  severity: z.enum(["error", "warning", "note"]),
  message: text,
  remedy: words.nullable().describe("what to do, as a command where there is one"),
  cvm: text.nullable().describe("the name of the CVM that it is about"),
});
export type StatusFinding = z.infer<typeof finding>;

/** The whole of it, as it was at one moment. */
export const assessment = z.object({
  cvms: list(cvm).describe("the registry first, then temporary and other runners, oldest first"),
  approved_list: approvedList,
  drift: drift
    .nullable()
    .describe("`null` where there is no usable runner compose file; a finding says why"),
  attestation: attestation.nullable().describe("of the registry; `null` where there is none"),
  findings: list(finding).describe("errors first, then warnings, then notes"),
});
export type Assessment = z.infer<typeof assessment>;
