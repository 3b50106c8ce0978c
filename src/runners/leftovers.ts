/**
 * Temporary runners of earlier runs: whose they are, and whether they may go. A runner that another run is
 * using is never touched. Ours is known by its app_id, which is recorded before it is made.
 */
import { hint, phala } from "../core/command-hint.ts";
import { type Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Clock, CloudApi } from "../core/ports.ts";
import type { ClusterRecord, RecordedCreation } from "../state/record.ts";

/** No run keeps its temporary runner longer: seconds are usual, the limit of a wait is 10 minutes. Only `destroy` goes by it. */
export const OLDEST_RUNNER_IN_USE_MS = 30 * 60_000;

export type LeftoverVerdict = "none" | "ours" | "abandoned" | "in-use";

/**
 * Abandoned: older than any run, and nothing is being done to it. It is deleted by nobody but
 * an operator who destroys the cluster.
 * @param nowMs the server's time: local clocks differ between the machines that share a cluster.
 */
export function classifyTemporaryRunner(
  cvm: Cvm | undefined,
  record: ClusterRecord,
  nowMs: number,
): LeftoverVerdict {
  if (cvm === undefined) return "none";
  if (record.openTemporaryRunners.some((creation) => isThatCreation(creation, cvm))) return "ours";
  const createdMs = cvm.createdAt === null ? Number.NaN : Date.parse(cvm.createdAt);
  if (Number.isNaN(createdMs) || cvm.inProgress || cvm.status === "starting") return "in-use";
  return nowMs - createdMs > OLDEST_RUNNER_IN_USE_MS ? "abandoned" : "in-use";
}

/** @throws ClusterError `temporary-runner-in-use` (conflict) for a temporary runner that another run is using. */
export function assertRunnerNotInUse(
  cvm: Cvm | undefined,
  record: ClusterRecord,
  { api, clock }: { readonly api: CloudApi; readonly clock: Clock },
): void {
  const verdict = classifyTemporaryRunner(
    cvm,
    record,
    clock.now() + (api.serverClock.skewMs() ?? 0),
  );
  if (cvm && verdict === "in-use") throw runnerInUse(cvm.name, cvm.createdAt);
}

/** Another run, on another machine, has its temporary runner up: its fixed name is the lock between machines. */
export function runnerInUse(name: string, createdAt: string | null): ClusterError {
  const since = createdAt === null ? "" : ` since ${createdAt}`;
  return new ClusterError("conflict", "temporary-runner-in-use", {
    message: `another run is in progress on this cluster: its temporary runner ${name} exists${since}`,
    hint: hint`wait until it has finished; if no other run is alive, delete it: ${phala("cvms", "delete", name, "--force")}`,
  });
}

/** Whether a CVM is the one that a recorded creation made: by its app_id, never by its name or a clock. */
export function isThatCreation(
  creation: Pick<RecordedCreation, "appId">,
  cvm: Pick<Cvm, "appId">,
): boolean {
  return creation.appId !== null && creation.appId === cvm.appId;
}
