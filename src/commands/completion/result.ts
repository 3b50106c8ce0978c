/** The result of `completion`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";
import { SHELLS } from "./shells.ts";

export const completionResult = z.object({
  ok: z.literal(true),
  command: z.literal("completion"),
  shell: z.enum(SHELLS),
  script: s.text.describe("to be sourced by that shell"),
});
export type CompletionResult = z.infer<typeof completionResult>;
