/** The answer of `init`. */
import type { Warning } from "../../core/events.ts";
import type { StepReport } from "../../core/steps.ts";
import type { RegistryResult } from "../shared/result.ts";

export type InitResult = {
  readonly ok: true;
  readonly command: "init";
  readonly cluster: string;
  readonly registry: RegistryResult;
  readonly runner_compose_hash: string;
  readonly approved_compose_hashes: readonly string[];
  readonly orchestrator_config: string;
  readonly steps: readonly StepReport[];
  readonly warnings: readonly Warning[];
  /** What was changed in orchestrator.yml, taken from the record, or else worth telling. */
  readonly notes: readonly string[];
};
