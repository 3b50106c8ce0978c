/**
 * The registry's operations list: the evidence that an update happened and finished. An operation that never completes
 * is passed over after a named age, if the operator says so.
 */
import { AGAIN, hint, phala } from "../core/command-hint.ts";
import type { CvmOperation, ServerClock } from "../core/ports.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { ReadingDeps } from "../workflow/step.ts";
import { formatDuration, notKnownYet, waitUntil } from "../workflow/wait.ts";
import type { Registry } from "./registry.ts";

/** Types of operations that change neither compose file nor environment. */
const NO_UPDATE =
  /^(?:create|provision|deploy|power|start|stop|restart|reboot|reset|shut|boot|launch|delete|destroy|remove|replicate)/;

/**
 * Whether it may have replaced a CVM's environment: the platform calls that `compose_update`, in older entries
 * `update`. An unknown type may be one, so it counts as one.
 */
export function isUpdate({ type }: CvmOperation): boolean {
  return !NO_UPDATE.test(type.trim().toLowerCase());
}

/**
 * The registry's updates, newest first; `undefined` where the platform keeps no such list.
 * A list that could not be read is waited for: treated as empty, it would make an old update look new.
 */
export async function readUpdates(
  registry: Registry,
  context: ReadingDeps,
): Promise<readonly CvmOperation[] | undefined> {
  return (await readOperations(registry, context))?.filter(isUpdate);
}

/** All of its operations, as `readUpdates`. */
export async function readOperations(
  registry: Registry,
  context: ReadingDeps,
): Promise<readonly CvmOperation[] | undefined> {
  const deps = {
    ...context,
    timeoutMs: Math.min(context.timeoutMs, 60_000),
    progress: undefined,
  };
  return waitUntil(deps, {
    what: `the operations of ${registry.name}`,
    hint: "when Phala's API answers, run the same command again",
    look: async (signal) => {
      const found = await context.api.operations(registry.vmUuid, signal);
      if (found.kind === "unknown") return notKnownYet(found);
      if (found.kind !== "present") return { kind: "there", value: undefined };
      return { kind: "there", value: found.value };
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

/** What tells one update from another; null where there is none, or the platform does not say. */
export const idOf = (update: CvmOperation | undefined): string | null =>
  update?.correlationId ?? null;

/** No update takes that long: minutes are usual. */
export const STUCK_AFTER_MS = 30 * 60_000;

type Started = Pick<CvmOperation, "startedAt">;

/** For messages: ` since 2026-11-24T10:00:00Z (12m by Phala's clock)`; empty where its start is not known. */
export function since(operation: Started, clock: ServerClock): string {
  if (operation.startedAt === null) return "";
  const age = ageOf(operation, clock);
  return ` since ${operation.startedAt}${age === null ? "" : ` (${formatDuration(age)} by Phala's clock)`}`;
}

/** Whether it is older than any update, by the server's clock. */
export function isStuck(operation: Started, clock: ServerClock): boolean {
  return (ageOf(operation, clock) ?? 0) > STUCK_AFTER_MS + (clock.now()?.uncertaintyMs ?? 0);
}

/** For hints: how to get past one that never ends. */
export const wayPastStuck = `if it does not end, --force-update continues once it is older than ${formatDuration(STUCK_AFTER_MS)}`;

/** In ms; null where its start or the server's time is not known. */
function ageOf({ startedAt }: Started, clock: ServerClock): number | null {
  const now = clock.now();
  const started = startedAt === null ? Number.NaN : Date.parse(startedAt);
  return now === null || Number.isNaN(started) ? null : Math.max(0, now.ms - started);
}

/** The error for an update whose end nobody can tell: neither a success nor a refusal. */
export function updateUnconfirmed({ name, vmUuid }: Registry, known: string): ClusterError {
  return new ClusterError("timeout", "update-unconfirmed", {
    message: `could not confirm the update of ${name}: ${known}; it may have the new list or the one before`,
    hint: hint`look at it with: ${phala("cvms", "get", vmUuid, "--json")}; then ${AGAIN}; it repeats the update where it is needed; ${wayPastStuck}`,
  });
}
