/** What the commands answer, in the very shape of `--json`. See `schemas/` and docs/json.md. */
import type { DryRunResult } from "./shared/result.ts";
import type { InitResult } from "./init/result.ts";
import type { RotateHashResult, RotatePlanResult } from "./rotate-hash/result.ts";
import type { DoctorResult } from "./doctor/result.ts";
import type { StatusResult } from "./status/result.ts";
import type { HashResult, HashExplanation, HashExport } from "./hash/result.ts";
import type { HistoryResult } from "./history/result.ts";
import type { DestroyResult } from "./destroy/result.ts";
import type { ConfigMigrateResult } from "./config-migrate/result.ts";
import type { SandboxResult } from "./sandbox/result.ts";
import type { FailureResult } from "../core/results.ts";

export { registryResult } from "./shared/result.ts";
export type * from "./shared/result.ts";
export type * from "./init/result.ts";
export type * from "./rotate-hash/result.ts";
export type * from "./doctor/result.ts";
export type * from "./status/result.ts";
export type * from "./hash/result.ts";
export type * from "./history/result.ts";
export type * from "./destroy/result.ts";
export type * from "./config-migrate/result.ts";
export type * from "./sandbox/result.ts";
export type * from "../core/results.ts";

export type SuccessResult =
  | InitResult
  | RotateHashResult
  | RotatePlanResult
  | DryRunResult
  | StatusResult
  | DoctorResult
  | HistoryResult
  | DestroyResult
  | ConfigMigrateResult
  | HashResult
  | HashExplanation
  | HashExport
  | SandboxResult;

export type CommandResult = SuccessResult | FailureResult;
