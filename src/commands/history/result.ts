/** The answer of `history`. */
import * as z from "zod";
import { ATTEST_MODES } from "../../core/attestation.ts";
import { cluster, hash, list, text, warnings } from "../shared/schema.ts";

const line = z.int().min(1);

/** One approval, as it is on disk, with the number of its line and the line's SHA-256. */
const entry = z.object({
  line: line.describe("the number of its line"),
  hash: hash.describe("the line's SHA-256"),
  v: z.literal(1),
  at: text,
  who: z.object({
    login: z.string().nullable().describe("the Phala account"),
    user: z.string().describe("of the operating system"),
    host: z.string(),
  }),
  command: text,
  action: z.literal("approve"),
  registry_app_id: text,
  hashes: list(hash).describe("the whole list after it"),
  added: list(hash),
  removed: list(hash),
  via: z.enum(["restart", "api"]),
  runner_hash: hash.describe("the hash that the orchestrator's runners have"),
  compose_digest: hash.describe("SHA-256 of the compose file that it stands for"),
  reason: z.string().nullable(),
  attestation: z
    .object({
      mode: z.enum(ATTEST_MODES),
      result: z
        .enum(["verified", "partly", "none"])
        .nullable()
        .describe("of the registry, before it was given anything; `null` with `off`"),
      scripts: list(
        z.object({
          sha256: hash,
          of: text.describe("the CVM that was seen with it first"),
          why: z.enum(["first-use", "trusted-before", "pinned", "trust-script"]),
        }),
      ).describe("pre-launch scripts that were trusted, and why"),
    })
    .optional()
    .describe("absent in entries of earlier versions"),
  previous: hash.describe("SHA-256 of the line before"),
  digest: hash.describe("SHA-256 of this line's JSON without this member"),
});
export type HistoryEntryResult = z.infer<typeof entry>;

const problem = z.object({
  line: line.describe("the first line that does not fit"),
  reason: z.enum(["edited", "missing", "reordered", "truncated", "torn"]),
  message: text,
});

export const historyResult = z
  .object({
    ok: z.boolean().describe("`false` if `--verify` found a problem"),
    command: z.literal("history"),
    cluster,
    file: text.describe("where the history is"),
    head: hash
      .nullable()
      .describe(
        "SHA-256 of the newest entry's line, to keep elsewhere; `null` in an empty history",
      ),
    verified: z.boolean().nullable().describe("`null` without `--verify`"),
    problem: problem.nullable(),
    total: z.int().min(0).describe("number of entries, also where `--limit` leaves some out"),
    entries: list(entry).describe("the newest last"),
    warnings,
  })
  .meta({
    if: { properties: { ok: { const: false } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { verified: { const: false }, problem: { not: { type: "null" } } } },
    else: { properties: { verified: { enum: [true, null] }, problem: { type: "null" } } },
  });
export type HistoryResult = z.infer<typeof historyResult>;
