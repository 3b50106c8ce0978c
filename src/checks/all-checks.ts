/** Every check that `doctor` runs, in its order, and what `--ignore` takes. */
import { FINDING_CODES } from "../compose/catalogue.ts";
import type { Check, DoctorFacts } from "./check.ts";
import { clusterChecks } from "./cluster-checks.ts";
import { inputChecks } from "./input-checks.ts";
import { orchestratorChecks } from "./orchestrator-checks.ts";
import { platformChecks } from "./platform-checks.ts";
import { proxyCheck, stateCheck } from "./surroundings-checks.ts";

export const ALL_CHECKS: readonly Check<DoctorFacts>[] = [
  ...inputChecks,
  proxyCheck,
  ...platformChecks,
  stateCheck,
  ...clusterChecks,
  ...orchestratorChecks,
];

/** Of the checks, and of what they can find in compose files. */
export const CHECK_IDS: readonly string[] = [...ALL_CHECKS.map(({ id }) => id), ...FINDING_CODES];
