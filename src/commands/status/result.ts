/** The answer of `status`. */
import type { Assessment } from "./model.ts";

export type StatusResult = {
  /** False for any finding of severity `error`; with `--strict` for warnings too. */
  readonly ok: boolean;
  readonly command: "status";
  readonly cluster: string;
  /** When it was looked at: ISO 8601, by this machine's clock. */
  readonly at: string;
} & Assessment;
