/** Before anything is made: remove the temporary runner that an earlier run left, and respect a stranger's. */
import { temporaryRunnerName } from "../domain.ts";
import type { ClusterRecord } from "../state/record.ts";
import { judgeTemporaryRunner, lookupFailed } from "../workflow/leftovers.ts";
import type { StepContext } from "../workflow/step.ts";
import { removeCvm } from "./delete-temporary-runner.ts";
import { runnerInUse } from "./deploy-temporary-runner.ts";

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
  const skew = context.api.clockSkewMs() ?? 0;
  const verdict = judgeTemporaryRunner(found.value, record, context.clock.now() + skew, skew);
  if (verdict === "in-use") throw runnerInUse(name, found.value.createdAt);
  context.note(`removing ${name}, left over from an earlier run`);
  context.mutations.takeOver(found.value);
  await removeCvm(name, context, context.signal);
}
