/** The approved list of a rotation: what it is now, what it shall be, and who would be cut off. */
import type { ComposeHash } from "../domain.ts";
import { ClusterError } from "../errors.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import { approvalBefore, type ApprovedRecord, type ClusterRecord } from "../state/record.ts";
import type { ListPolicy } from "./approved-list.ts";
import type { LiveRunner } from "./live-runners.ts";

/** Live runners whose hash a list does not have: they would get no key any more. */
export function runnersCutOff(
  list: readonly ComposeHash[],
  live: readonly LiveRunner[],
): readonly LiveRunner[] {
  return live.filter(({ composeHash }) => !list.includes(composeHash));
}

/**
 * A hash comes into the list only if it was checked: by a recorded run, or just now as that of a live runner.
 * @throws ClusterError `hash-unchecked` (verification) for a `--keep` that nothing here knows of.
 */
export async function refuseUnchecked(
  { keep }: ListPolicy,
  known: {
    readonly record: ClusterRecord;
    readonly store: AppComposeStore;
    readonly live: readonly LiveRunner[];
  },
): Promise<void> {
  const approved = new Set(known.record.approvals.flatMap(({ hashes }) => hashes));
  for (const hash of keep) {
    if (approved.has(hash) || known.live.some(({ composeHash }) => composeHash === hash)) continue;
    if ((await known.store.load(hash)) !== undefined) continue;
    throw new ClusterError({
      kind: "verification",
      code: "hash-unchecked",
      message: `--keep ${hash}: nobody here has checked what it stands for: it is in no record of this machine, and no live runner has it`,
      hint: "run the command on the machine that approved it, or leave it out",
    });
  }
}

/** @throws ClusterError `nothing-to-restore` (input) where no earlier list is recorded. */
export function rollbackTarget(
  record: ClusterRecord,
  registry: { appId: string; name: string },
): ApprovedRecord {
  const before = approvalBefore(record, registry.appId);
  if (before) return before;
  throw new ClusterError({
    kind: "input",
    code: "nothing-to-restore",
    message: `no earlier list of ${registry.name} is recorded on this machine`,
    hint: "run rotate-hash on the machine that approved it, or approve the old compose file: tee-cluster rotate-hash --runner-compose PATH",
  });
}
