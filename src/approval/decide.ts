/**
 * Step 8's decision: keep the registry as it is, push the list to it while it runs, or update it, which restarts it.
 * Pure: all facts have been gathered.
 */
import type { OperationState } from "../core/ports.ts";
import type { ApprovalAttempt, ApprovedRecord } from "../state/record.ts";
import type { ApproveVia } from "./approval.ts";
import { sameMembers } from "./approved-list.ts";

export type ApprovalFacts = {
  /** What the registry is to approve from now on. */
  readonly hashes: readonly string[];
  readonly via: ApproveVia;
  /** The operator wants an update even where nothing differs. */
  readonly force: boolean;
  /** Whether the registry was there before this run. */
  readonly existed: boolean;
  /** Whether hashes may go from the list, which a push can't do. */
  readonly shortens: boolean;
  /** Whether there is a key to sign a push with. */
  readonly canSign: boolean;
  /** The newest list that is recorded for it. */
  readonly last: ApprovedRecord | undefined;
  /** Lists that were announced since and whose end was never recorded. */
  readonly openAttempts: readonly Pick<ApprovalAttempt, "hashes">[];
  /** Whether its last recorded update gave it these very settings; null: no update is recorded. */
  readonly settingsGiven: boolean | null;
  /** Whether it runs this compose text with these environment names. */
  readonly runsThisFile: boolean;
  /** Whether it was made without its secrets and has not got them yet. */
  readonly secretsWithheld: boolean;
  /** Whether a recorded run made it. */
  readonly madeHere: boolean;
  /** Its updates as the platform lists them: `unlisted` where it keeps no list, null where there was none. */
  readonly newest:
    | { readonly correlationId: string | null; readonly state: OperationState }
    | null
    | "unlisted";
  /** Whether the instance that answers started after `last`; null: it does not say. Only asked after a push. */
  readonly restartedSince: boolean | null;
};

export type ApprovalDecision =
  | { readonly action: "keep"; readonly approval: ApprovedRecord }
  | { readonly action: "push" | "update"; readonly reason: ApprovalReason };

/** Why the registry can't stay as it is; the first one that holds. */
export type ApprovalReason =
  | "forced"
  | "secrets-withheld"
  | "never-approved"
  | "unsettled-attempt"
  | "list-differs"
  | "update-failed"
  | "updated-by-others"
  | "unconfirmed"
  | "settings-differ"
  | "make-permanent"
  | "restarted"
  | "restart-unknown";

export function decide(facts: ApprovalFacts): ApprovalDecision {
  const { last } = facts;
  const reason = reasonToAct(facts);
  if (last !== undefined && reason === undefined) return { action: "keep", approval: last };
  return { action: mayPush(facts) ? "push" : "update", reason: reason ?? "never-approved" };
}

/** Undefined: the recorded approval is this very one, and nothing has come after it. */
function reasonToAct(facts: ApprovalFacts): ApprovalReason | undefined {
  const { last, force, openAttempts, hashes, via, restartedSince } = facts;
  if (force) return "forced";
  if (facts.secretsWithheld) return "secrets-withheld";
  if (last === undefined) return "never-approved";
  if (openAttempts.length > 0) return "unsettled-attempt";
  if (!sameMembers(last.hashes, hashes)) return "list-differs";
  const doubt = doubtOf(last, facts);
  if (doubt !== undefined) return doubt;
  if (via !== "api" && !hasTheseSettings(facts)) return "settings-differ";
  if (last.via !== "api") return undefined;
  if (via === "restart") return "make-permanent";
  if (restartedSince === null) return "restart-unknown";
  return restartedSince ? "restarted" : undefined;
}

/** A reason to doubt that the registry has the recorded approval. */
function doubtOf(
  last: ApprovedRecord,
  { newest, runsThisFile }: Pick<ApprovalFacts, "newest" | "runsThisFile">,
): ApprovalReason | undefined {
  if (newest === "unlisted") {
    // No update can be compared: what it runs can, and an approval counts if the registry was seen healthy with it.
    if (!runsThisFile) return "updated-by-others";
    return last.verified || last.via === "api" ? undefined : "unconfirmed";
  }
  if (newest?.state === "failed") return "update-failed";
  if (last.correlationId !== (newest?.correlationId ?? null)) return "updated-by-others";
  // It ended in an unknown state: waiting for another one would not help.
  if (newest?.state === "unknown" && !last.verified) return "unconfirmed";
  // A registry that was only ever pushed to has no update to compare with.
  return last.via === "restart" && last.correlationId === null ? "unconfirmed" : undefined;
}

/** Whether the registry was given all these settings by its last update; where none is recorded, whether it runs this file. */
export const hasTheseSettings = ({
  settingsGiven,
  runsThisFile,
}: Pick<ApprovalFacts, "settingsGiven" | "runsThisFile">): boolean => settingsGiven ?? runsThisFile;

/** Whether pushing the list is all that there is to do. */
function mayPush(facts: ApprovalFacts): boolean {
  const { via, existed, force, canSign, secretsWithheld } = facts;
  // Secrets are sent by an update alone.
  if (via === "restart" || !canSign || force || secretsWithheld) return false;
  if (via === "api") return true;
  // Nothing runs on a new registry yet, and a restart makes the list permanent.
  if (!existed || isDoubtful(facts)) return false;
  return onlyAdds(facts) && nothingElseChanges(facts);
}

/** Whether what its environment has is in doubt: a push says nothing of that. */
function isDoubtful(facts: ApprovalFacts): boolean {
  const { last, newest } = facts;
  if (newest !== "unlisted" && newest?.state === "failed") return true;
  return last !== undefined && doubtOf(last, facts) !== undefined;
}

/** Whether every hash that the registry may have now stays. */
function onlyAdds({ last, openAttempts, hashes }: ApprovalFacts): boolean {
  const next = new Set(hashes);
  return [last?.hashes ?? [], ...openAttempts.map((attempt) => attempt.hashes)]
    .flat()
    .every((hash) => next.has(hash));
}

function nothingElseChanges({
  settingsGiven,
  shortens,
  madeHere,
  runsThisFile,
}: ApprovalFacts): boolean {
  // What its environment has is not known here: nothing may have to go, and its first update sets its domain.
  return settingsGiven ?? (!shortens && !madeHere && runsThisFile);
}
