/** The flags of the commands that approve a hash. */
import type { ApprovalFlags } from "./approval.ts";
import { choice, option, toggle, type FlagValues, list } from "./flags.ts";

/** Of the commands that check or deploy a registry. */
export const DEBUG_FLAG = {
  allowDebugRegistry: toggle(
    "continue with a registry whose DEBUG_MODE or web shell shows its keys to anyone",
    { rare: true },
  ),
};

export const APPROVAL_FLAGS = {
  ...DEBUG_FLAG,
  approveVia: choice(["auto", "restart", "api"], "push to the registry, restart it, or what fits"),
  forceUpdate: toggle(
    "update the registry even where nothing differs, for example after a new AWS secret",
    { rare: true },
  ),
  reason: option("text", "why: kept in the history"),
  allowUncheckedHash: toggle(
    "approve a hash whose app-compose can't be read; recorded in the history",
    { rare: true },
  ),
  record: option("file", "a hash record (`hash --export`) that vouches for running runners", {
    rare: true,
    completes: "files",
  }),
};

export function approvalFlags(flags: FlagValues<typeof APPROVAL_FLAGS>): ApprovalFlags {
  const reason = flags.reason?.trim() ?? "";
  const {
    approveVia: via,
    forceUpdate: force,
    record,
    allowDebugRegistry,
    allowUncheckedHash: allowUnchecked,
  } = flags;
  const reasons = [reason, ...(allowUnchecked ? ["--allow-unchecked-hash"] : [])].filter(
    (text) => text !== "",
  );
  const reasonGiven = reasons.length === 0 ? null : reasons.join("; ");
  return { via, force, reason: reasonGiven, record, allowUnchecked, allowDebugRegistry };
}

/** What a run trusts beyond the trust file. */
export const ATTEST_FLAGS = {
  acceptTcb: list("status", "accept this TCB status too; never Revoked", { rare: true }),
  trustScript: list("sha256", "trust this pre-launch script", { rare: true }),
};

export type AttestFlags = {
  readonly acceptTcb: readonly string[];
  readonly trustScript: readonly string[];
};
