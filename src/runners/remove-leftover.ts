/** Before anything is made: remove the temporary runner that an earlier run left, and respect a stranger's. */
import { temporaryRunnerName } from "../core/domain.ts";
import type { ClusterRecord } from "../state/record.ts";
import { lookupFailed, refuseRunnerInUse } from "./leftovers.ts";
import { removeCvm } from "./remove-cvm.ts";
import type { StepContext } from "../workflow/step.ts";

/** @throws ClusterError `temporary-runner-in-use` (conflict), or `lookup-failed` (platform). */
export async function clearLeftoverRunner(
  cluster: string,
  record: ClusterRecord,
  context: Omit<StepContext, "progress">,
): Promise<void> {
  const name = temporaryRunnerName(cluster);
  const found = await context.api.findCvm(name, context.signal);
  if (found.kind === "unknown") throw lookupFailed(name, found.reason);
  if (found.kind === "absent") return;
  refuseRunnerInUse(found.value, record, context);
  context.note(`removing ${name}, left over from an earlier run`);
  context.mutations.takeOver(found.value);
  await removeCvm(found.value, context, context.signal);
}
