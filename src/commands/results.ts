/** What the commands answer, in the very shape of `--json`. See `schemas/` and docs/json.md. */
import type { DryRunResult } from "./results/common.ts";
import type { InitResult } from "./results/init.ts";
import type { RotateHashResult, RotatePlanResult } from "./results/rotate-hash.ts";
import type { DoctorResult } from "./results/doctor.ts";
import type { StatusResult } from "./results/status.ts";
import type { HashResult, HashExplanation, HashExport } from "./results/hash.ts";
import type { HistoryResult } from "./results/history.ts";
import type { DestroyResult } from "./results/destroy.ts";
import type { ConfigMigrateResult } from "./results/config-migrate.ts";
import type { SandboxResult } from "./results/sandbox.ts";
import type { FailureResult } from "./results/failure.ts";

export { registryResult } from "./results/common.ts";
export type * from "./results/common.ts";
export type * from "./results/init.ts";
export type * from "./results/rotate-hash.ts";
export type * from "./results/doctor.ts";
export type * from "./results/status.ts";
export type * from "./results/hash.ts";
export type * from "./results/history.ts";
export type * from "./results/destroy.ts";
export type * from "./results/config-migrate.ts";
export type * from "./results/sandbox.ts";
export type * from "./results/failure.ts";

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
