/** The result of `history`. */
import * as z from "zod";
import { ATTEST_MODES } from "../../core/attestation.ts";
import * as s from "../shared/schema.ts";

const line = z.int().min(1);

/** An approval as stored, with its line number and the line's SHA-256. */
const entry = z.object({
  line: line.describe("the number of its line"),
  hash: s.hash.describe("the line's SHA-256"),
  v: z.literal(1),
  at: s.text,
  who: z.object({
    login: s.string.nullable().describe("the Phala account"),
    user: s.string.describe("of the operating system"),
    host: s.string,
  }),
  command: s.text,
  action: z.literal("approve"),
  registry_app_id: s.text,
  hashes: s.list(s.hash).describe("the whole list after it"),
  added: s.list(s.hash),
  removed: s.list(s.hash),
  via: z.enum(["restart", "api"]),
  runner_hash: s.hash.describe("the hash that the orchestrator's runners have"),
  compose_digest: s.hash.describe("SHA-256 of the compose file that it stands for"),
  reason: s.string.nullable(),
  attestation: z
    .object({
      mode: z.enum(ATTEST_MODES),
      result: z
        .enum(["verified", "partly", "none"])
        .nullable()
        .describe("of the registry, before it was given anything; `null` with `off`"),
      scripts: s
        .list(
          z.object({
            sha256: s.hash,
            of: s.text.describe("the CVM that was seen with it first"),
            why: z.enum(["first-use", "trusted-before", "pinned", "trust-script"]),
          }),
        )
        .describe("pre-launch scripts that were trusted, and why"),
    })
    .optional()
    .describe("absent in entries of earlier versions"),
  previous: s.hash.describe("SHA-256 of the line before"),
  digest: s.hash.describe("SHA-256 of this line's JSON without this member"),
});
export type HistoryEntryResult = z.infer<typeof entry>;

const problem = z.object({
  line: line.describe("the first line that does not fit"),
  reason: z.enum(["edited", "missing", "reordered", "truncated", "torn"]),
  message: s.text,
});

export const historyResult = s
  .result(s.bool.describe("`false` if `--verify` found a problem"), "history", {
    cluster: s.cluster,
    file: s.text.describe("where the history is"),
    head: s.hash
      .nullable()
      .describe(
        "SHA-256 of the newest entry's line, to keep elsewhere; `null` in an empty history",
      ),
    verified: s.bool.nullable().describe("`null` without `--verify`"),
    problem: problem.nullable(),
    total: z.int().min(0).describe("number of entries, also where `--limit` leaves some out"),
    entries: s.list(entry).describe("the newest last"),
  })
  .meta(
    s.when(
      { ok: { const: false } },
      { verified: { const: false }, problem: s.NOT_NULL },
      { verified: { enum: [true, null] }, problem: { type: "null" } },
    ),
  );
export type HistoryResult = z.infer<typeof historyResult>;
