/** The result of `explain`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

export const explainedCode = z.object({
  code: s.code,
  title: s.text.describe("a few words"),
  roles: z
    .array(
      z.enum([
        "internal",
        "input",
        "prerequisite",
        "platform",
        "timeout",
        "conflict",
        "verification",
        "interrupted",
        "terminated",
        "warning",
        "finding",
      ]),
    )
    .readonly()
    .meta({ minItems: 1, uniqueItems: true })
    .describe(
      "what it can be: a kind of failure, a `warning`, or a `finding` of `status` or of a compose file",
    ),
  exit_codes: z
    .array(z.int().min(1).max(143))
    .readonly()
    .describe("of a run that ends with it; of a warning, with `--strict`"),
  cause: s.text.describe("what it means, and why it happens"),
  remedy: s.words.describe("what to do"),
  docs: s.text.describe("the page with more, below the package's folder"),
});
export type ExplainedCode = z.infer<typeof explainedCode>;

export const explainResult = s.result(s.ok, "explain", {
  codes: z
    .array(explainedCode)
    .readonly()
    .meta({ minItems: 1 })
    .describe("the one that was asked for, or all"),
});
export type ExplainResult = z.infer<typeof explainResult>;
