/** The answer of `init`. */
import type { Warning } from "../../workflow/events.ts";
import type { StepReport } from "../../workflow/steps.ts";
import type { RegistryResult } from "./common.ts";

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
};
