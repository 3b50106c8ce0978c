/** Others who work on the same registry: another machine, a person at the dashboard. */
import { ClusterError } from "../errors/cluster-error.ts";
import { AGAIN, hint } from "../core/command-hint.ts";
import type { CvmOperation, EnvironmentVariable } from "../core/ports.ts";
import {
  lastApproval,
  lastUpdate,
  openAttempt,
  openAttempts,
  type ApprovalAttempt,
  type ClusterRecord,
  type RecordedCreation,
} from "../state/record.ts";
import type { ReadingDeps, StepContext } from "../workflow/step.ts";
import { idOf, isStuck, readUpdates, since, wayPastStuck } from "./updates.ts";
import type { Registry } from "./registry.ts";

/**
 * Whether an attempt of ours whose end was never recorded has started the newest update: one at most is its, the one
 * right after what was there before it.
 */
function isOfOpenAttempt(
  [newest, before]: readonly CvmOperation[],
  attempts: readonly ApprovalAttempt[],
): boolean {
  return attempts.some(
    ({ via, after }) => via === "restart" && after === idOf(before) && after !== idOf(newest),
  );
}

/** What is known of others who work on the same registry. */
export type ConcurrentUpdates = {
  /** Whether what is recorded here is all that the registry was ever told to approve. */
  readonly complete: boolean;
  /** Whether it is complete and the platform bears that out: it lists the updates. */
  readonly certain: boolean;
  /** The newest update (correlation id) when this run looked; null where there is none. */
  readonly seen: string | null;
};

/**
 * Looks whether others have updated the registry: an update that is under way is another run in progress; one that
 * is done may have approved hashes that no record here has.
 * @param force the operator's word to go on over one that is older than any update.
 * @throws ClusterError `update-under-way` (conflict).
 */
export async function checkForeignUpdates(
  registry: Registry,
  record: ClusterRecord,
  context: ReadingDeps & Pick<StepContext, "warn">,
  force = false,
): Promise<ConcurrentUpdates> {
  const updates = await readUpdates(registry, context);
  const newest = updates?.[0];
  const seen = idOf(newest);
  // Without a list nobody can tell whether others have updated it, and with which hashes.
  if (updates === undefined) return { complete: false, certain: false, seen };
  if (newest === undefined) {
    const complete = isMadeHere(registry, record);
    return { complete, certain: complete, seen };
  }
  const isOpenOnes = isOfOpenAttempt(updates, openAttempts(record, registry.appId));
  const isRecorded = lastApproval(record, registry.appId)?.correlationId === seen;
  if (isOpenOnes || isRecorded) {
    // A push says nothing of what the environment has: only an update of ours does.
    const given = lastUpdate(record, registry.appId) !== undefined;
    // Where an attempt of ours may never have been sent, the update in its place may be somebody else's: then the
    // registry may approve hashes that no record here has.
    return { complete: isRecorded && given, certain: given || isOpenOnes, seen };
  }
  if (newest.state !== "done" && newest.state !== "failed") {
    const { serverClock } = context.api;
    const running = `is in progress${since(newest, serverClock)}`;
    if (!force || !isStuck(newest, serverClock))
      throw new ClusterError("conflict", "update-under-way", {
        message: `another run is in progress on this cluster: an update of ${registry.name} ${running}`,
        hint: hint`wait until it has finished, then ${AGAIN}; ${wayPastStuck}`,
      });
    const message = `an update of ${registry.name} by somebody else ${running}; continuing anyway (--force-update)`;
    context.warn("update-stuck", message);
  }
  const others = { complete: false, certain: false, seen };
  if (lastApproval(record, registry.appId) === undefined) return others;
  const when = newest.startedAt === null ? "" : ` at ${newest.startedAt}`;
  context.warn(
    "updated-by-others",
    `${registry.name} was updated${when} by somebody else: a hash that they approved, and that no live runner has, is not in the list; name it with rotate-hash --keep`,
  );
  return others;
}

/**
 * Whether somebody has updated the registry since it was looked at. One more update may be that of our own
 * interrupted run, if none had come of it before.
 */
export function hasForeignUpdate(
  updates: readonly CvmOperation[],
  seen: string | null,
  open: ApprovalAttempt | undefined,
): boolean {
  if (idOf(updates[0]) === seen) return false;
  return !(open?.after === seen && isOfOpenAttempt(updates, [open]));
}

/**
 * The registry's updates; undefined where the platform lists none.
 * @throws ClusterError `updated-meanwhile` (conflict) where somebody else has updated it since `seen`, the newest then.
 */
export async function readOwnUpdates(
  { registry, record }: { readonly registry: Registry; readonly record: ClusterRecord },
  seen: string | null,
  context: ReadingDeps,
): Promise<readonly CvmOperation[] | undefined> {
  const updates = await readUpdates(registry, context);
  const open = openAttempt(record, registry.appId);
  if (updates && hasForeignUpdate(updates, seen, open)) throw updatedMeanwhile(registry);
  return updates;
}

/** The error for an update by somebody else in the middle of this run: what it would send is out of date. */
export function updatedMeanwhile({ name }: Registry): ClusterError {
  return new ClusterError("conflict", "updated-meanwhile", {
    message: `another run is in progress on this cluster: ${name} was updated while this one was preparing its own`,
    hint: "nothing was approved; run the same command again; it takes what the other run did into account",
  });
}

/** The recorded creations of this registry. */
export function creationsOf(
  { appId }: Pick<Registry, "appId">,
  { registryCreations }: ClusterRecord,
): readonly RecordedCreation[] {
  return registryCreations.filter((creation) => creation.appId === appId);
}

/** Whether a recorded run made the registry. */
export const isMadeHere = (registry: Pick<Registry, "appId">, record: ClusterRecord): boolean =>
  creationsOf(registry, record).length > 0;

/**
 * Says what can't be kept of a registry that this machine has never given anything: hashes and settings can't be
 * read back from it.
 */
export function warnUnknownList(
  registry: Registry,
  record: ClusterRecord,
  environment: readonly EnvironmentVariable[],
  context: Pick<StepContext, "warn" | "api">,
): void {
  if (isMadeHere(registry, record) || lastApproval(record, registry.appId) !== undefined) return;
  context.warn(
    "previous-list-unknown",
    `this machine has no record of what ${registry.name} approves: hashes that no live runner has will not be in the list`,
  );
  const shown = environment
    .filter(({ name }) => SHOWN.has(name))
    .map(({ name, value }) => `${name}=${value}`);
  context.warn(
    "settings-unknown",
    `nor of its settings: an update gives it ${shown.join(", ")}; give others with their flags`,
  );
}

const SHOWN: ReadonlySet<string> = new Set(["AWS_REGION", "CAPACITY_THRESHOLD", "CVM_BASE_DOMAIN"]);
