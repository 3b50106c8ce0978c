/** Flags and help texts of the commands that approve a hash. */
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

/** Below the help of the commands that deploy and approve. */
export const CLUSTER_NOTE = `
Secrets never go on a command line: put them into the environment as
AWS_SECRET_ACCESS_KEY and PHALA_API_KEY, or let the wizard ask for them.`;

export const CLUSTER_DETAILS = `
To hide the values of further variables: TEE_CLUSTER_SECRETS=NAME,NAME2.

Exit codes: 0 done, 1 internal error, 2 wrong or missing inputs, 3 failed
prerequisite, 4 Phala refused or failed, 5 timed out, 6 conflict, 7 failed
verification, 130 interrupted, 143 terminated.`;
