/** Common parts of the results of all commands; the rest is in their `result.ts`. A run imports types only. */
import * as z from "zod";
import type { Warning } from "./events.ts";
import { STEPS } from "./steps.ts";

/** The members of a result that a reporter reads. */
export type AnyResult = {
  readonly ok: boolean;
  readonly command: string;
  readonly warnings?: readonly Warning[];
  readonly timings?: Timings | undefined;
  readonly [field: string]: unknown;
};

const leftBehind = z
  .object({
    name: z.string().min(1),
    app_id: z.string().nullable(),
    may_exist: z
      .literal(true)
      .optional()
      .describe("its creation was requested, and it is not known whether it exists"),
    usd_per_hour: z.number().positive().optional().describe("its price, if known"),
  })
  .readonly();
export type LeftBehind = z.infer<typeof leftBehind>;

const text = z.string().min(1);

const ms = z.int().min(0);
const parts = {
  total_ms: ms,
  ours_ms: ms.describe("tee-cluster itself, its start included: all that is none of the following"),
  phala_ms: ms.describe("a `phala` is running"),
  api_ms: ms.describe("a request to Phala's API is under way, one that `phala` made included"),
  cloud_ms: ms.describe("a pause before the next poll or try, or a request to a CVM"),
  operator_ms: ms.describe("a question is waiting for its answer"),
  lock_ms: ms.describe("another run holds the cluster's lock"),
};

/** How the wall time of a run was spent: core/stopwatch.ts. */
export const timings = z
  .object({
    ...parts,
    phala_starts: ms.describe("how often `phala` was started"),
    api_requests: ms.describe("requests to Phala's API"),
    steps: z
      .array(
        z.object({
          id: z
            .enum(STEPS.map(({ id }) => id))
            .nullable()
            .describe("of the step; `null`: outside of the steps"),
          ...parts,
        }),
      )
      .readonly()
      .describe("the same for each step, in the order of their first start"),
  })
  .describe("see [timings](#timings)");
export type Timings = z.infer<typeof timings>;

/** The result of a run that failed. */
export const failureResult = z.object({
  ok: z.literal(false),
  command: z.string().describe('`"tee-cluster"` where the command line names none'),
  error: z.object({
    code: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .describe("stable, for scripts; see [errors.md](errors.md)"),
    message: text.describe(
      "what went wrong, and with which value; several lines where several things did",
    ),
    details: z
      .array(z.object({ message: text, remedy: text.nullable() }))
      .readonly()
      .optional()
      .describe("where several things went wrong: each with its remedy"),
    hint: z.string().nullable().describe("what to do, as a command where there is one"),
    step: z
      .enum(STEPS.map(({ id }) => id))
      .nullable()
      .describe("during which it happened; `null` outside of the steps"),
    explain: text.optional().describe("the command that explains the code"),
  }),
  timings: timings.optional(),
  left_behind: z
    .array(leftBehind)
    .readonly()
    .describe("CVMs that this run created, or had to delete, and that still exist"),
  clean_up: text
    .optional()
    .describe(
      "the command that deletes them; of a registry that was there before only the temporary runner",
    ),
});
export type FailureResult = z.infer<typeof failureResult>;
