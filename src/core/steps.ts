/**
 * The ten steps in order. Progress, dry run, `--json` and help derive from this list.
 */
export const STEPS = [
  { number: 1, id: "verify-prerequisites", title: "Verify prerequisites" },
  { number: 2, id: "collect-inputs", title: "Collect inputs" },
  { number: 3, id: "deploy-registry", title: "Deploy registry CVM" },
  { number: 4, id: "wait-for-registry", title: "Wait for the registry" },
  { number: 5, id: "deploy-temporary-runner", title: "Deploy temporary runner CVM" },
  { number: 6, id: "read-compose-hash", title: "Read the compose hash" },
  { number: 7, id: "delete-temporary-runner", title: "Delete temporary runner CVM" },
  { number: 8, id: "approve-compose-hash", title: "Approve the compose hash" },
  { number: 9, id: "verify-registry", title: "Verify the registry" },
  { number: 10, id: "write-orchestrator-config", title: "Write the orchestrator config" },
] as const;

export type StepId = (typeof STEPS)[number]["id"];
export type StepStatus = "done" | "skipped" | "reused";

/** A step as `--json` reports it. */
export type StepReport = {
  readonly number: number;
  readonly id: StepId;
  readonly status: StepStatus;
  readonly duration_ms: number;
};

/** The list entry of a step. */
export function stepInfo(id: StepId): (typeof STEPS)[number] {
  const info = STEPS.find((step) => step.id === id);
  if (!info) throw new Error(`no such step: ${id}`);
  return info;
}
