import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";
import { ATTEST_FLAGS } from "../shared/approval-flags.ts";
import { option, type FlagValues } from "../shared/flags.ts";

const VERIFY_FLAGS = {
  evidence: option("file", "verify this evidence instead of a cluster's", {
    conflicts: ["saveEvidence"],
    completes: "files",
  }),
  collateral: option("file", "Intel's collateral for --evidence", { completes: "files" }),
  at: option("time", "verify for this time (ISO 8601; default: now)"),
  ...ATTEST_FLAGS,
  saveEvidence: option("dir", "write evidence and collateral there, for an offline audit", {
    completes: "folders",
  }),
};
export type VerifyFlags = FlagValues<typeof VERIFY_FLAGS>;

export const verifyCommand = defineCommand({
  name: "verify",
  summary: "attest the registry: what runs in it, on what, and who says so",
  page: "attestation.md",
  inputs: [
    "clusterName",
    "registryCompose",
    "orchestratorConfig",
    ...inputsIn("connection"),
    ...inputsIn("attestation"),
  ],
  required: ["clusterName"],
  switches: ["config", "sandbox", "dryRun", "yes", "timings"],
  flags: VERIFY_FLAGS,
  examples: [
    "verify",
    "verify --save-evidence audit",
    "verify --evidence audit/evidence.json --collateral audit/collateral.json --at 2026-03-01",
  ],
  notes: `
Only reads, but for the record of what was verified. With --evidence offline and
without an account: what --save-evidence wrote, or a quote (bytes, hex, dstack's
JSON) and collateral as dcap-qvl saves it.`,
  notOk: "verification",
  async run(run) {
    const { evidence, collateral, at } = run.flags;
    const isOffline = evidence !== undefined || collateral !== undefined || at !== undefined;
    if (isOffline) return (await import("./verify-offline.ts")).verifyOffline(run);
    return (await import("./verify.ts")).verifyCluster(run);
  },
  renderer: async () => (await import("./render.ts")).renderVerify,
});
