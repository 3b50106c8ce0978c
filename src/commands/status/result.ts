/** The result of `status`, in the shape of `--json`. See docs/status.md. */
import * as z from "zod";
import type { StatusCode } from "../../errors/catalogue.ts";
import * as s from "../shared/schema.ts";

const capacity = z.object({
  accepting_new_models: s.bool,
  running_models: s.number.nullable(),
  total_memory_mb: s.number.nullable(),
});
export type CapacityStatus = z.infer<typeof capacity>;

/** How a refused runner's app-compose differs from the approved one it is most like. */
const refusal = z.object({
  compared_with: z
    .object({ kind: z.enum(["approved", "predicted"]), compose_hash: s.hash })
    .nullable()
    .describe("`null`: there was nothing to compare with"),
  differences: s.list(s.difference),
});
export type Refusal = z.infer<typeof refusal>;

/** One CVM of the cluster. `null` is "not known", or "does not apply". */
const cvm = z
  .object({
    name: s.cvmName,
    role: s.role,
    app_id: s.text.nullable(),
    vm_uuid: s.text.nullable(),
    status: s.text.describe("the platform's word: `running`, `starting`, `stopped`"),
    in_progress: s.bool.describe("whether an operation is in progress"),
    node: s.text.nullable(),
    instance_type: s.text.nullable(),
    created_at: s.text.nullable(),
    age_seconds: z.int().min(0).nullable().describe("by the server's clock"),
    url: s.url.nullable().describe("where its spawntee answers, without a path"),
    health: s.string
      .nullable()
      .describe("as `/health` reports it; `null` where nobody answered or was asked"),
    mode: s.string.nullable().describe("likewise"),
    uptime_seconds: s.number.nullable().describe("likewise"),
    unanswered: s.text.nullable().describe("why `/health`, though asked, gave no answer"),
    capacity: capacity.nullable(),
    compose_hash: s.string.nullable(),
    compose_hash_checked: s.bool
      .nullable()
      .describe("whether the app-compose that the API gives hashes to it"),
    approved: s.bool
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
    ...s.when({ approved: { const: false } }, { role: { const: "runner" }, refusal: s.NOT_NULL }),
    else: s.when(
      { refusal: s.NOT_NULL },
      { role: { const: "runner" }, approved: { type: "null" } },
    ),
  });
export type CvmStatus = z.infer<typeof cvm>;

/** The list that the registry approves, as far as this machine knows. */
const approvedList = z
  .object({
    standing: z
      .enum(["confirmed", "unconfirmed", "outdated", "unknown"])
      .describe(
        "`confirmed`: the registry's last update is the recorded one; `unconfirmed`: that is not known; `outdated`: it is not recorded here; `unknown`: nothing is",
      ),
    compose_hashes: s
      .set(s.hash)
      .nullable()
      .describe("as recorded here, the newest last; `null` where nothing is"),
    lost: s.set(s.hash).describe("pushed to the running registry and forgotten with its restart"),
    via: z.enum(["restart", "api"]).nullable().describe("of the newest record"),
    recorded_at: s.time.nullable(),
  })
  .meta(
    s.when(
      { standing: { const: "unknown" } },
      { compose_hashes: { type: "null" } },
      { compose_hashes: { type: "array" } },
    ),
  );
export type ApprovedListStatus = z.infer<typeof approvedList>;

/** The local runner compose file against that list. */
const drift = z.object({
  runner_compose: s.text.describe("the file"),
  predicted_compose_hash: s.hash
    .nullable()
    .describe("that runners made from it would have; `null` where nothing can be predicted"),
  status: z.enum(["approved", "not-approved", "unknown"]),
  basis: z
    .object({
      kind: z.enum(["recorded", "live-runner"]),
      compose_hash: s.hash,
      at: s.time.nullable().describe("when it was recorded"),
      name: s.text.nullable().describe("of the running runner"),
    })
    .nullable()
    .describe("what the prediction rests on"),
});
export type Drift = z.infer<typeof drift>;

/** Whether the registry still is what was verified last on this machine. */
const attestation = z.object({
  last_verified_at: s.time.nullable().describe("on this machine; `null`: never"),
  result: z
    .enum(["verified", "partly", "none"])
    .nullable()
    .describe("of its evidence now, with Intel's collateral from the cache; `null`: not looked at"),
  unchanged: s.bool
    .nullable()
    .describe("whether it is what it was then; `null`: that is not known, `reason` says why"),
  reason: s.text.nullable().describe("what has changed, or why something is not known"),
});
export type AttestationStatus = z.infer<typeof attestation>;

/** `null` where something does not apply. An `error` means exit code 7. */
const finding = z.object({
  code: s.code as unknown as z.ZodType<StatusCode>,
  severity: z.enum(["error", "warning", "note"]),
  message: s.text,
  remedy: s.words.nullable().describe("what to do, as a command where there is one"),
  cvm: s.text.nullable().describe("the name of the CVM that it is about"),
});
export type StatusFinding = z.infer<typeof finding>;

export const statusResult = z
  .object({
    ok: s.bool.describe(
      "`false` for any finding of severity `error`; with `--strict`, of `warning` too",
    ),
    command: z.literal("status"),
    cluster: s.cluster,
    at: s.time.describe("when it was looked at, by this machine's clock"),
    usd_per_hour: s.number
      .nullable()
      .optional()
      .describe("of all its CVMs; `null`: the price of one of them is not known"),
    cvms: s
      .list(cvm)
      .describe("the registry first, then temporary and other runners, oldest first"),
    approved_list: approvedList,
    drift: drift
      .nullable()
      .describe("`null` where there is no usable runner compose file; a finding says why"),
    attestation: attestation.nullable().describe("of the registry; `null` where there is none"),
    findings: s.list(finding).describe("errors first, then warnings, then notes"),
    timings: s.timings,
  })
  .meta(
    s.when(
      {
        findings: {
          type: "array",
          contains: { type: "object", properties: { severity: { const: "error" } } },
        },
      },
      { ok: { const: false } },
    ),
  );
export type StatusResult = z.infer<typeof statusResult>;

export type Assessment = Pick<
  StatusResult,
  "cvms" | "approved_list" | "drift" | "attestation" | "findings"
>;
