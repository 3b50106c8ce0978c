/** The registry's operations list: the evidence that an update really happened and finished. */
import { ClusterError } from "../errors.ts";
import type { CvmOperation } from "../ports.ts";
import { lastApproval, openAttempt, type ClusterRecord } from "../state/record.ts";
import { waitLimits, type ReadingBench, type StepContext } from "../workflow/step.ts";
import { waitUntil } from "../workflow/wait.ts";
import type { Registry } from "./registry.ts";

/** The platform's words for an update that came to nothing. */
export const FAILED = /fail|error|cancel/i;

/** Whether it replaced a CVM's environment: the platform calls that `compose_update`, in older entries `update`. */
export function isUpdate(operation: CvmOperation): boolean {
  return operation.type.includes("update");
}

/**
 * The registry's updates, newest first; `undefined` where the platform keeps no such list.
 * A list that could not be read is waited for: taken for empty, it would make an old update look new.
 */
export async function readUpdates(
  registry: Registry,
  context: ReadingBench,
): Promise<readonly CvmOperation[] | undefined> {
  return waitUntil({
    ...waitLimits(context),
    timeoutMs: Math.min(context.timeoutMs, 60_000),
    what: `the operations of ${registry.name}`,
    hint: "run the same command again when Phala's API answers",
    look: async (signal) => {
      const found = await context.api.operations(registry.vmUuid, signal);
      if (found.kind === "unknown") return { kind: "not-yet", seen: found.reason };
      if (found.kind === "absent") return { kind: "there", value: undefined };
      return { kind: "there", value: found.value.filter(isUpdate) };
    },
  });
}

/** The newest update, if it is not one of those `before`. */
export function newUpdate(
  before: readonly CvmOperation[],
  now: readonly CvmOperation[],
): CvmOperation | undefined {
  const [newest] = now;
  const known = new Set(before.map((operation) => operation.correlationId));
  return newest && !known.has(newest.correlationId) ? newest : undefined;
}

/**
 * Whether the newest update is somebody else's: not the recorded one, nor one that an interrupted run of ours
 * may have started.
 */
function isAnothers(newest: CvmOperation, registry: Registry, record: ClusterRecord): boolean {
  if (openAttempt(record, registry.appId).length > 0) return false;
  return lastApproval(record, registry.appId)?.correlationId !== newest.correlationId;
}

/**
 * Looks whether others have updated the registry: an update that is under way is another run at work; one that
 * is done may have approved hashes that no record here has.
 * @returns whether what is recorded here is all that the registry was ever told to approve.
 * @throws ClusterError `update-under-way` (conflict).
 */
export async function heedOtherUpdates(
  registry: Registry,
  record: ClusterRecord,
  context: ReadingBench & Pick<StepContext, "warn">,
): Promise<boolean> {
  const newest = (await readUpdates(registry, context))?.[0];
  if (newest === undefined) return isMadeHere(registry, record);
  if (!isAnothers(newest, registry, record)) return true;
  if (newest.completedAt === null && !FAILED.test(newest.status)) throw updateUnderWay(registry, newest);
  if (lastApproval(record, registry.appId) === undefined) return false;
  context.warn(
    "updated-by-others",
    `${registry.name} was updated${since(newest)} by somebody else: a hash that they approved, and that no live runner has, is not in the list; name it with rotate-hash --keep`,
  );
  return false;
}

const isMadeHere = ({ appId }: Registry, { registryCreations }: ClusterRecord): boolean =>
  registryCreations.some((creation) => creation.appId === appId);

function updateUnderWay(registry: Registry, newest: CvmOperation): ClusterError {
  return new ClusterError({
    kind: "conflict",
    code: "update-under-way",
    message: `another run is at work on this cluster: an update of ${registry.name} is under way${since(newest)}`,
    hint: "wait until it has finished, then run the same command again",
  });
}

const since = ({ startedAt }: CvmOperation): string => (startedAt === null ? "" : ` since ${startedAt}`);

/** Says that hashes which were approved elsewhere can't be kept: nobody can read them back from the registry. */
export function sayUnknownList(
  registry: Registry,
  record: ClusterRecord,
  context: Pick<StepContext, "warn">,
): void {
  if (isMadeHere(registry, record) || lastApproval(record, registry.appId) !== undefined) return;
  context.warn(
    "previous-list-unknown",
    `this machine has no record of what ${registry.name} approves: hashes that no live runner has will not be in the list`,
  );
}
