import { inputsIn } from "../../inputs/table.ts";
import {
  APPROVAL_FLAGS,
  ATTEST_FLAGS,
  CLUSTER_DETAILS,
  CLUSTER_NOTE,
} from "../shared/approval-flags.ts";
import { defineCommand } from "../shared/command.ts";

export const initCommand = defineCommand({
  name: "init",
  summary: "set up the registry of a cluster, in ten steps",
  page: "inputs.md",
  inputs: inputsIn("cluster", "aws", "connection", "procedure", "attestation"),
  required: ["clusterName", "awsAccessKeyId"],
  switches: ["config", "sandbox", "dryRun", "yes", "strict", "adopt", "timings"],
  flags: { ...APPROVAL_FLAGS, ...ATTEST_FLAGS },
  examples: ["init --sandbox --yes", "init --cluster-name bird-tracker --dry-run", "init"],
  notes: CLUSTER_NOTE,
  details: CLUSTER_DETAILS,
  run: async (run) => (await import("./init.ts")).init(run),
  renderer: async () => (await import("./render.ts")).renderInitOrPlan,
});
