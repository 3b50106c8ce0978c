/** The result of `hash`. */
import * as z from "zod";
import type { AppCompose } from "../../core/compose-hash.ts";
import * as s from "../shared/schema.ts";

const diff = z.object(s.appComposeDiff);
export type AppComposeDiff = z.infer<typeof diff>;

const approved = s.bool
  .nullable()
  .describe("on the newest list that is known; `null`: none is known");

/** `hash`: the predicted compose hash of the local runner compose file. */
export const hashResult = s.timedResult(
  s.bool.describe("`false` only with `--check`: not approved, or not known to be; then exit 7"),
  "hash",
  {
    action: z.literal("predict"),
    cluster: s.cluster,
    compose_hash: s.hash.describe("what the hash will be"),
    runner_compose: s.text.describe("the path of the compose file, as it was given"),
    environment_names: s.list(s.text).describe("that the runners get, in order"),
    basis: z.object({
      kind: z
        .enum(["recorded", "record-file", "live-runner"])
        .describe(
          "`recorded` on this machine, `record-file`: of `--record`, `live-runner`: of a running runner",
        ),
      compose_hash: s.hash.describe("what the prediction rests on"),
      at: s.time.nullable().describe("when it was read back; `null` for a running runner"),
      from: s.text.describe("the state directory, the file, or the runner's name"),
    }),
    approved,
    approved_compose_hashes: s
      .set(s.hash)
      .describe("the newest list that is known; empty where there is none"),
    remedy: s.words.nullable().describe("what to do where `approved` is not `true`"),
    ...s.appComposeDiff,
    exact: s.bool
      .optional()
      .describe("of `--exact`: whether Phala was asked and computes the same hash"),
  },
);
export type HashResult = z.infer<typeof hashResult>;

/** `hash --explain`: what a recorded hash stands for. */
export const hashExplanation = s.timedResult(s.ok, "hash", {
  action: z.literal("explain"),
  cluster: s.cluster,
  compose_hash: s.hash.describe("the whole hash"),
  app_compose: (s.appCompose as unknown as z.ZodType<AppCompose>).describe(
    "what it is the hash of, as the platform made it; the compose text is its `docker_compose_file`",
  ),
  environment_names: s.list(s.text).describe("its `allowed_envs`"),
  read_back_at: s.time
    .nullable()
    .describe("when a run read it back from a temporary runner; `null` where none did"),
  approved,
  approved_at: s.time.nullable().describe("of the first list that it was on, as far as is known"),
  local: diff
    .extend({ runner_compose: s.text })
    .nullable()
    .describe("the local file in its place; `null` where there is none"),
  previous: diff
    .extend({ compose_hash: s.hash })
    .nullable()
    .describe("it, compared with the hash approved before it; `null` where none is recorded"),
});
export type HashExplanation = z.infer<typeof hashExplanation>;

/** `hash --export`: a hash record was written, or exists already. */
export const hashExport = s.timedResult(s.ok, "hash", {
  action: z.literal("export"),
  cluster: s.cluster,
  file: s.text.describe("the path, as it was given"),
  changed: s.bool.describe("`false` where the file was up to date"),
  basis: z.object({
    compose_hash: s.hash.describe("what predictions from it rest on"),
    at: s.time.describe("when that was read back"),
  }),
  approved_compose_hashes: s
    .set(s.hash)
    .describe("the list in it; empty where none is recorded here"),
});
export type HashExport = z.infer<typeof hashExport>;
