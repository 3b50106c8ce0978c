/**
 * What the schemas of results are built of. A result's type, its JSON Schema (schemas/) and its table in docs/json.md
 * come from its zod schema; a run imports the types only. `.describe()` is the text of the table.
 */
import { z } from "zod";
import type { WarningCode } from "../../errors/catalogue.ts";

export const code = z.string().regex(/^[a-z][a-z0-9-]*$/);
export const text = z.string().min(1);

export const warning = z.object({
  code: code as unknown as z.ZodType<WarningCode>,
  message: text,
});
export const warnings = z.array(warning).readonly().describe("`code`, `message`");
