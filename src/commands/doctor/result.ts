/** The answer of `doctor`. */
import type { CheckResult, Warning } from "../../core/events.ts";

export type DoctorResult = {
  readonly ok: boolean;
  readonly command: "doctor";
  readonly checks: readonly CheckResult[];
  readonly warnings: readonly Warning[];
};
