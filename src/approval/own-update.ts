/**
 * Settles an update that was refused as "busy". A load balancer may repeat a request; the second one is then refused
 * because of the operation that the first one started, so the registry may have been updated all the same.
 */
import type { CvmOperation } from "../core/ports.ts";
import { updatedMeanwhile } from "../registry/concurrent-updates.ts";
import type { Registry } from "../registry/registry.ts";
import { idOf, newUpdate, readUpdates, updateUnconfirmed } from "../registry/updates.ts";
import { readRegistry } from "../registry/verify-deployed.ts";
import type { StepContext } from "../workflow/step.ts";
import { waitUntil } from "../workflow/wait.ts";
import type { ApproveComposeHashInput } from "./approval.ts";
import { runsWhatIsSent } from "./approval-facts.ts";

type Input = Pick<ApproveComposeHashInput, "registry" | "compose" | "environment">;

/**
 * Waits for an update that has begun since, and compares what the registry runs then with what was sent.
 * @param before the registry's updates when ours was sent; undefined where the platform lists none.
 * @returns the updates as they are now, where none has taken effect since; undefined where the platform lists none.
 * @throws ClusterError `updated-meanwhile` (conflict) for somebody else's, `update-unconfirmed` (timeout) for one that
 *   does not end, or that may be ours or another operator's with the same file: its values can't be read back.
 */
export async function settleBusy(
  input: Input,
  before: readonly CvmOperation[] | undefined,
  context: StepContext,
): Promise<readonly CvmOperation[] | undefined> {
  const { registry } = input;
  if (before === undefined) return undefined;
  const updates = await readUpdates(registry, context);
  const started = updates && newUpdate(before, updates);
  if (started === undefined) return updates;
  const ended = await untilEnded(registry, started, context);
  const now = (await readUpdates(registry, context)) ?? [];
  const isOnlyOne = idOf(now[0]) === idOf(started) && idOf(now[1]) === idOf(before[0]);
  if (!isOnlyOne) throw updatedMeanwhile(registry);
  if (ended === "failed") return now;
  const { appCompose } = await readRegistry(registry, context);
  if (!runsWhatIsSent(appCompose, input)) throw updatedMeanwhile(registry);
  throw updateUnconfirmed(
    registry,
    `Phala refused it as busy, and the update that made it so (${idOf(started)}) may be this very one, repeated on its way, or somebody else's with the same file`,
  );
}

async function untilEnded(
  registry: Registry,
  started: CvmOperation,
  context: StepContext,
): Promise<"done" | "failed"> {
  return waitUntil<"done" | "failed">(context, {
    what: `the update of ${registry.name} that is in progress to end`,
    onTimeout: ({ message }) => updateUnconfirmed(registry, message),
    look: async () => {
      const updates = (await readUpdates(registry, context)) ?? [];
      const { state, status } = updates.find((one) => idOf(one) === idOf(started)) ?? started;
      return state === "done" || state === "failed"
        ? { kind: "there", value: state }
        : { kind: "not-yet", seen: status };
    },
  });
}
