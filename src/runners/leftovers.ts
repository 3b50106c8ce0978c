/**
 * Temporary runners of earlier runs: whose they are, and whether they may go. A runner that another run is
 * using is never touched; one that our own record announces, or that is older than any run, is removed.
 */
import { type Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Clock, CloudApi } from "../core/ports.ts";
import type { ClusterRecord, RecordedCreation } from "../state/record.ts";

/** No run keeps its temporary runner longer: seconds are usual, the limit of a wait is 10 minutes. */
export const OLDEST_RUNNER_IN_USE_MS = 30 * 60_000;

/** A creation shows up within this time after its intent was written, or never. */
const CREATION_WINDOW_MS = 3 * 60_000;
const CLOCK_TOLERANCE_MS = 90_000;

export type LeftoverVerdict = "none" | "ours" | "abandoned" | "in-use";

/**
 * @param nowMs the server's time: local clocks differ between the machines that share a cluster.
 * @param skewMs server time minus local time, to compare the server's times with those of our record.
 */
export function classifyTemporaryRunner(
  cvm: Cvm | undefined,
  record: ClusterRecord,
  nowMs: number,
  skewMs: number,
): LeftoverVerdict {
  if (cvm === undefined) return "none";
  if (record.openTemporaryRunners.some((creation) => isThatCreation(creation, cvm, skewMs))) return "ours";
  const createdMs = cvm.createdAt === null ? Number.NaN : Date.parse(cvm.createdAt);
  if (Number.isNaN(createdMs)) return "in-use";
  return nowMs - createdMs > OLDEST_RUNNER_IN_USE_MS ? "abandoned" : "in-use";
}

/** @throws ClusterError `temporary-runner-in-use` (conflict) for a temporary runner that another run is using. */
export function refuseRunnerInUse(
  cvm: Cvm | undefined,
  record: ClusterRecord,
  { api, clock }: { readonly api: CloudApi; readonly clock: Clock },
): void {
  const skew = api.serverClock.skewMs() ?? 0;
  const verdict = classifyTemporaryRunner(cvm, record, clock.now() + skew, skew);
  if (cvm && verdict === "in-use") throw runnerInUse(cvm.name, cvm.createdAt);
}

/** Another run, on another machine, has its temporary runner up: its fixed name is the lock between machines. */
export function runnerInUse(name: string, createdAt: string | null): ClusterError {
  const since = createdAt === null ? "" : ` since ${createdAt}`;
  return new ClusterError({
    kind: "conflict",
    code: "temporary-runner-in-use",
    message: `another run is at work on this cluster: its temporary runner ${name} is there${since}`,
    hint: `wait until it has finished; if no other run is alive, delete it: phala cvms delete ${name} --force`,
  });
}

/**
 * Whether a CVM is the one that a recorded intent announced: by its app_id where the outcome was recorded, else
 * by the time of its creation (a kill between the call and its record leaves only that).
 */
export function isThatCreation(creation: RecordedCreation, cvm: Cvm, skewMs: number): boolean {
  if (creation.name !== cvm.name) return false;
  if (creation.appId !== null) return creation.appId === cvm.appId;
  if (cvm.createdAt === null) return true;
  const intended = Date.parse(creation.intendedAt) + skewMs;
  const age = Date.parse(cvm.createdAt) - intended;
  return age > -CLOCK_TOLERANCE_MS && age < CREATION_WINDOW_MS;
}

/** @throws nothing; the error that a lookup without an answer deserves before anything is made. */
export function lookupFailed(name: string, reason: string): ClusterError {
  return new ClusterError({
    kind: "platform",
    code: "lookup-failed",
    message: `could not find out whether ${name} exists: ${reason}`,
    hint: "nothing was touched; run the same command again when Phala's API answers",
  });
}
