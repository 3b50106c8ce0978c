/** The approved list of a rotation: what it is now, what it shall be, and who would be cut off. */
import { areOrchestratorsNames } from "../compose/environment.ts";
import type { ComposeHash } from "../domain.ts";
import { ClusterError } from "../errors.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import {
  approvalBefore,
  openAttempt,
  recordedHashes,
  type ApprovedRecord,
  type ClusterRecord,
} from "../state/record.ts";
import type { ListPolicy } from "./approved-list.ts";
import type { LiveRunner } from "./live-runners.ts";

/** What is known here of the list that a registry approves now. */
export type KnownList = {
  readonly record: ClusterRecord;
  readonly appId: string;
  /** Whether the record is all that the registry was told: nobody else has updated it. */
  readonly complete: boolean;
};

/**
 * The live runners that the registry lets in now, as far as that can be known. Being up is no approval: one with
 * an SSH key, or with a compose file of its own, must not come into the list because it waits there. So where the
 * record is complete it decides; else whoever was deployed as the orchestrator deploys is let in, and told.
 */
export function acceptedRunners(
  live: readonly LiveRunner[],
  { record, appId, complete }: KnownList,
  warn: (code: string, message: string) => void,
): readonly LiveRunner[] {
  const known = new Set<string>([...recordedHashes(record, appId), ...openAttempt(record, appId)]);
  return live.filter(({ cvm, composeHash, appCompose }) => {
    if (known.has(composeHash)) return true;
    const names = appCompose.allowed_envs ?? [];
    const accepted = !complete && areOrchestratorsNames(names);
    if (accepted) {
      warn(
        "hash-of-live-runner",
        `${composeHash} of the live runner ${cvm.name} comes into the list although no record here has it; see what it runs with: tee-cluster status`,
      );
    } else {
      const why = complete
        ? "no list that was approved has it"
        : `it was not deployed as the orchestrator does, but with ${names.join(", ") || "no names"}`;
      warn(
        "runner-not-approved",
        `${composeHash} of the live runner ${cvm.name} is left out: ${why}; to approve it: tee-cluster rotate-hash --keep ${composeHash}`,
      );
    }
    return accepted;
  });
}

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
