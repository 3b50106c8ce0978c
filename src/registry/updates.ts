/** The registry's operations list: the evidence that an update really happened and finished. */
import type { CvmOperation } from "../core/ports.ts";
import type { ReadingDeps } from "../workflow/step.ts";
import { notKnownYet, waitUntil } from "../workflow/wait.ts";
import type { Registry } from "./registry.ts";

/** Words for what leaves a CVM's compose file and environment as they are. */
const NO_UPDATE =
  /^(?:create|provision|deploy|power|start|stop|restart|reboot|reset|shut|boot|launch|delete|destroy|remove|replicate)/;

/**
 * Whether it may have replaced a CVM's environment: the platform calls that `compose_update`, in older entries
 * `update`; of an operation whose word nobody knows it can't be told, so it counts as one.
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
