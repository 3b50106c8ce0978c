/** What the results of all commands have in common; each command's own is in its `result.ts`. A run imports types only. */
import { z } from "zod";
import type { Warning } from "./events.ts";
import { STEPS } from "./steps.ts";

/** A result as far as whoever prints it must know it. */
export type AnyResult = {
  readonly ok: boolean;
  readonly command: string;
  readonly warnings?: readonly Warning[];
  readonly [field: string]: unknown;
};

const leftBehind = z
  .object({
    name: z.string().min(1),
    app_id: z.string().nullable(),
    may_exist: z
      .literal(true)
      .optional()
      .describe("its creation was asked for, and nobody could find out what came of it"),
  })
  .readonly();
export type LeftBehind = z.infer<typeof leftBehind>;

const text = z.string().min(1);

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
    hint: z.string().nullable().describe("what to do, as a command where there is one"),
    step: z
      .enum(STEPS.map(({ id }) => id))
      .nullable()
      .describe("during which it happened; `null` outside of the steps"),
    explain: text.optional().describe("the command that explains the code"),
  }),
  left_behind: z
    .array(leftBehind)
    .readonly()
    .describe("CVMs that this run created, or had to delete, and that still exist"),
});
export type FailureResult = z.infer<typeof failureResult>;
