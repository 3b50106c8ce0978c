/** The flags of the commands that approve a hash. */
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

export type ApprovalFlags = FlagValues<typeof APPROVAL_FLAGS>;

/** Trust beyond the trust file. */
export const ATTEST_FLAGS = {
  acceptTcb: list("status", "accept this TCB status too; never Revoked", { rare: true }),
  trustScript: list("sha256", "trust this pre-launch script", { rare: true }),
};

export type AttestFlags = FlagValues<typeof ATTEST_FLAGS>;
