/** Before anything is made: remove the temporary runner that an earlier run left, and respect that of another run. */
import { temporaryRunnerName, type Cvm } from "../core/domain.ts";
import type { ClusterRecord } from "../state/record.ts";
import { APPEARANCE_MS, findByIdentity, lookupFailed } from "../workflow/find-cvm.ts";
import type { StepContext } from "../workflow/step.ts";
import { isThatCreation, runnerInUse } from "./leftovers.ts";
import type { CvmIdentity, Lookup } from "../core/ports.ts";
import { removeWithReplicas } from "./remove-cvm.ts";

type Context = Omit<StepContext, "progress">;

/** @throws ClusterError `temporary-runner-in-use` (conflict), or `lookup-failed` (platform). */
export async function clearLeftoverRunner(
  cluster: string,
  record: ClusterRecord,
  context: Context,
): Promise<void> {
  const name = temporaryRunnerName(cluster);
  for (const cvm of await findOwnRunners(record, context)) await remove(cvm, context);
  const found = await findNamed(name, context);
  if (found.kind === "unknown") throw lookupFailed(name, found.reason);
  if (found.kind === "absent") return;
  // However old it is: age says neither that its run is dead nor that it is one of ours.
  const { createdAt } = found.value;
  if (!record.openTemporaryRunners.some((creation) => isThatCreation(creation, found.value)))
    throw runnerInUse(name, createdAt);
  await remove(found.value, context);
}

/** A name that several CVMs have may be refused as ambiguous: the list has them. */
async function findNamed(name: string, { api, signal }: Context): Promise<Lookup<Cvm>> {
  const found = await api.findCvm(name, signal);
  if (found.kind !== "unknown") return found;
  const keep = (cvm: CvmIdentity): boolean => cvm.name === name;
  const [listed] = await api.listCvms(signal, { keep, search: name });
  return listed === undefined ? found : { kind: "present", value: listed };
}

async function remove(cvm: Cvm, context: Context): Promise<void> {
  context.note(`removing ${cvm.name}, left over from an earlier run`);
  context.mutations.takeOver(cvm);
  await removeWithReplicas(cvm, context, context.signal, context);
}

/**
 * Those of recorded runs, by their app_ids, whatever they are called. One whose creation was forwarded, and of which
 * nobody knows what came, is given the time that it may take to become visible; then its creation is closed.
 */
async function findOwnRunners(record: ClusterRecord, context: Context): Promise<Cvm[]> {
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
  return cvms.filter((cvm) => made.some((creation) => isThatCreation(creation, cvm)));
}
