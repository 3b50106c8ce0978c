/** Live runners and the approved list: which are approved now, and which would lose access. */
import type { WarningCode } from "../errors/catalogue.ts";
import { command, hint, type Words } from "../core/command-hint.ts";
import { areOrchestratorsNames } from "../compose/environment.ts";
import type { ComposeHash } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import {
  approvalBefore,
  openAttempts,
  recordedHashes,
  type ApprovedRecord,
  type ClusterRecord,
} from "../state/record.ts";
import type { ListPolicy } from "./approved-list.ts";
import type { LiveRunner } from "../runners/running-runners.ts";

/** What this machine knows of the list that a registry approves now. */
export type KnownList = {
  readonly record: ClusterRecord;
  readonly appId: string;
  /** Whether the record is complete: nobody else has updated the registry. */
  readonly complete: boolean;
  /** Whether an orchestrator (of schema v2) pushes hashes to it, which are in no record and last until it restarts. */
  readonly coordinated: boolean;
  readonly vouchers: RunnerVouchers;
};

/** What vouches for a running runner that no record of this machine has. */
export type RunnerVouchers = {
  /** The local runner compose file; undefined where there is none to go by. */
  readonly composeText: string | undefined;
  /** The hashes in `--record FILE`. */
  readonly hashes: ReadonlySet<string>;
};

/** The live runners, by whether the registry approves them now. */
export type ClassifiedRunners = {
  /** It approves them. */
  readonly accepted: readonly LiveRunner[];
  /** Nothing here vouches for them: neither a record nor the local compose file has what they run. */
  readonly unclear: readonly LiveRunner[];
  /** The same of a registry that an orchestrator may have told them to: a push leaves them alone, a restart does not. */
  readonly maybePushed: readonly LiveRunner[];
};

/**
 * Which live runners the registry approves now, as far as that can be known. A running runner is not necessarily an
 * approved one: one with an SSH key, or with another compose file, must not get on the list just because it runs. So a
 * complete record decides. Without one, a runner is included (and reported) if it runs the local compose file with the
 * orchestrator's environment names, or if `--record` has its hash.
 */
export function classifyRunners(
  live: readonly LiveRunner[],
  { record, appId, complete, coordinated, vouchers }: KnownList,
  warn: (code: WarningCode, message: Words) => void,
): ClassifiedRunners {
  const known = new Set<string>([
    ...recordedHashes(record, appId),
    ...openAttempts(record, appId).flatMap(({ hashes, vouched }) => (vouched ? hashes : [])),
  ]);
  const unrecorded = live.filter(({ composeHash }) => !known.has(composeHash));
  if (complete && !coordinated) {
    for (const runner of unrecorded) warn("runner-not-approved", excluded(runner));
    return {
      accepted: live.filter((runner) => !unrecorded.includes(runner)),
      unclear: [],
      maybePushed: [],
    };
  }
  const open = unrecorded.filter((runner) => !isVouchedFor(runner, vouchers));
  const accepted = live.filter((runner) => !open.includes(runner));
  for (const runner of accepted)
    if (unrecorded.includes(runner)) warn("hash-of-live-runner", included(runner));
  if (!complete) return { accepted, unclear: open, maybePushed: [] };
  for (const runner of open) warn("runner-not-approved", unrecordedHere(runner));
  return { accepted, unclear: [], maybePushed: open };
}

function isVouchedFor({ appCompose, composeHash }: LiveRunner, vouchers: RunnerVouchers): boolean {
  if (vouchers.hashes.has(composeHash)) return true;
  const { docker_compose_file: text, allowed_envs: names = [] } = appCompose;
  return text !== undefined && text === vouchers.composeText && areOrchestratorsNames(names);
}

const excluded = ({ cvm, composeHash }: LiveRunner): Words =>
  hint`${composeHash} of the live runner ${cvm.name} is left out: it is on no approved list; to approve it: ${command("rotate-hash", "--keep", composeHash)}`;

const unrecordedHere = ({ cvm, composeHash }: LiveRunner): Words =>
  hint`${composeHash} of the live runner ${cvm.name} is in no list of this machine: if its orchestrator has pushed it, it is approved until the registry restarts; to approve it: ${command("rotate-hash", "--keep", composeHash)}`;

const included = ({ cvm, composeHash }: LiveRunner): string =>
  `${composeHash} of the live runner ${cvm.name} is included although no record of this machine has it: it runs the local compose file, or --record has it`;

/**
 * Approving an unknown runner would give keys away, and excluding it may revoke a good one: the operator must decide.
 * With a policy under which nothing stays, they have.
 * @throws ClusterError `live-runner-unclear` (verification).
 */
export function assertRunnersClear(
  unclear: readonly LiveRunner[],
  { stay, keep, drop }: ListPolicy,
): void {
  if (stay === "none") return;
  const open = unclear.find(
    ({ composeHash }) => !keep.includes(composeHash) && !drop.includes(composeHash),
  );
  if (open === undefined) return;
  const { cvm, composeHash, appCompose } = open;
  const names = (appCompose.allowed_envs ?? []).join(", ") || "no names";
  throw new ClusterError("verification", "live-runner-unclear", {
    message: `whether the live runner ${cvm.name} is approved now is in no record of this machine (${composeHash}), and it does not run the local compose file as the orchestrator deploys it (its environment names: ${names})`,
    hint: hint`nothing was approved; give the record of the machine that approved it with --record FILE; or if it is yours: ${command("rotate-hash", "--keep", composeHash)}; if it is to get no key: ${command("rotate-hash", "--drop", composeHash)}`,
  });
}

/** Live runners whose hash is not on a list. */
export function runnersLosingAccess(
  list: readonly ComposeHash[],
  live: readonly LiveRunner[],
): readonly LiveRunner[] {
  return live.filter(({ composeHash }) => !list.includes(composeHash));
}

/**
 * A hash comes into the list only if it was checked: by a recorded run, or just now as that of a live runner.
 * @throws ClusterError `hash-unchecked` (verification) for a `--keep` that nothing here knows of.
 */
export async function assertChecked(
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
    throw new ClusterError("verification", "hash-unchecked", {
      message: `--keep ${hash}: it was never checked on this machine: it is in no record here, and no running runner has it`,
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
  throw new ClusterError("input", "nothing-to-restore", {
    message: `no earlier list of ${registry.name} is recorded on this machine`,
    hint: hint`run it on the machine that approved that list, or approve the old compose file: ${command("rotate-hash", "--runner-compose", "PATH")}`,
  });
}
