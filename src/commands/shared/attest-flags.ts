/** What a run trusts beyond the trust file. */
import { list } from "./flags.ts";

export const ATTEST_FLAGS = {
  acceptTcb: list("status", "accept this TCB status too; never Revoked", { rare: true }),
  trustScript: list("sha256", "trust this pre-launch script", { rare: true }),
};

export type AttestFlags = {
  readonly acceptTcb: readonly string[];
  readonly trustScript: readonly string[];
};
