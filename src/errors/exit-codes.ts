/** The exit codes of the contract. */
import type { FailureKind } from "./cluster-error.ts";

export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  internal: 1,
  input: 2,
  prerequisite: 3,
  platform: 4,
  timeout: 5,
  conflict: 6,
  verification: 7,
  interrupted: 130,
  terminated: 143,
};
