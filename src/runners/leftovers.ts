/**
 * Temporary runners of earlier runs: whose they are, whether they may go, and their removal. A runner that another run
 * is using is never touched. Ours is identified by its app_id, which is recorded before it is made.
 */
import { hint, phala } from "../core/command-hint.ts";
import { temporaryRunnerName, type Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Clock, CloudApi, CvmIdentity, Lookup } from "../core/ports.ts";
import type { ClusterRecord } from "../state/record.ts";
import { APPEARANCE_MS, findByIdentity, lookupFailed } from "../workflow/find-cvm.ts";
import type { StepContext } from "../workflow/step.ts";
import { removeWithReplicas } from "./remove-cvm.ts";

/** No run keeps its temporary runner longer: seconds are usual, the limit of a wait is 10 minutes. Only `destroy` uses it. */
export const OLDEST_RUNNER_IN_USE_MS = 30 * 60_000;

export type LeftoverVerdict = "none" | "ours" | "abandoned" | "in-use";

/**
 * Abandoned: older than any run, and no operation is in progress. Only an operator who destroys the cluster deletes it.
 * @param nowMs the server's time: local clocks differ between the machines that share a cluster.
 */
export function classifyTemporaryRunner(
  cvm: Cvm | undefined,
  record: ClusterRecord,
  nowMs: number,
): LeftoverVerdict {
  if (cvm === undefined) return "none";
  if (isOwnRunner(cvm, record)) return "ours";
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
  const now = clock.now() + (api.serverClock.skewMs() ?? 0);
  const verdict = classifyTemporaryRunner(cvm, record, now);
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

/** Whether a recorded run of this machine made it: by its app_id, never by its name or a clock. */
export const isOwnRunner = ({ appId }: Pick<Cvm, "appId">, record: ClusterRecord): boolean =>
  appId !== null && record.openTemporaryRunners.some((creation) => creation.appId === appId);

/** @throws ClusterError `temporary-runner-in-use` (conflict), or `lookup-failed` (platform). */
export async function clearLeftoverRunner(
  cluster: string,
  record: ClusterRecord,
  context: StepContext,
): Promise<void> {
  const name = temporaryRunnerName(cluster);
  for (const cvm of await findOwnRunners(record, context)) await remove(cvm, context);
  const found = await findNamed(name, context);
  if (found.kind === "unknown") throw lookupFailed(name, found.reason);
  if (found.kind === "absent") return;
  // However old it is: age says neither that its run is dead nor that it is one of ours.
  const { createdAt } = found.value;
  if (!isOwnRunner(found.value, record)) throw runnerInUse(name, createdAt);
  await remove(found.value, context);
}

/** A name that several CVMs have may be refused as ambiguous: the list has them. */
async function findNamed(name: string, { api, signal }: StepContext): Promise<Lookup<Cvm>> {
  const found = await api.findCvm(name, signal);
  if (found.kind !== "unknown") return found;
  const keep = (cvm: CvmIdentity): boolean => cvm.name === name;
  const [listed] = await api.listCvms(signal, { keep, search: name });
  return listed === undefined ? found : { kind: "present", value: listed };
}

async function remove(cvm: Cvm, context: StepContext): Promise<void> {
  context.note(`removing ${cvm.name}, left over from an earlier run`);
  context.mutations.takeOver(cvm);
  await removeWithReplicas(cvm, context, context.signal, context);
}

/**
 * Those of recorded runs, by their app_ids, whatever they are called. One whose creation was forwarded, and of which
 * nobody knows what came, is given the time that it may take to become visible; then its creation is closed.
 */
async function findOwnRunners(record: ClusterRecord, context: StepContext): Promise<Cvm[]> {
  const { api, clock, signal, mutations } = context;
  const made = record.openTemporaryRunners.filter(({ appId }) => appId !== null);
  const cvms: Cvm[] = [];
  const until = clock.monotonic() + APPEARANCE_MS;
  for (const { intent, name, appId, settled } of made) {
    for (;;) {
      const isLast = settled || clock.monotonic() >= until;
      const found = await findByIdentity({ name, appId, vmUuid: null }, api, signal, {
        list: isLast,
      });
      signal.throwIfAborted();
      if (found.kind === "present") cvms.push(found.value);
      if (found.kind === "absent" && isLast && !settled) await mutations.closeCreation(intent);
      if (found.kind === "present" || isLast) break;
      context.note(`waiting for ${name} of an interrupted run, which may become visible yet`);
      await clock.sleep(Math.max(context.pollIntervalMs, 1_000), signal);
    }
  }
  return cvms.filter((cvm) => isOwnRunner(cvm, record));
}
