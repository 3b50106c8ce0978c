import { inputsIn } from "../../inputs/table.ts";
import {
  APPROVAL_FLAGS,
  ATTEST_FLAGS,
  CLUSTER_DETAILS,
  CLUSTER_NOTE,
} from "../shared/approval-flags.ts";
import { defineCommand } from "../shared/command.ts";
import { list, toggle } from "../shared/flags.ts";

/** By default every approved hash stays, and the new one joins them. */
export const ROTATE_FLAGS = {
  plan: toggle("show what it would change, as --dry-run does"),
  retire: toggle("drop the approved hashes that no running runner has"),
  replace: toggle("approve the new hash alone; running runners with other hashes lose access"),
  keep: list("hash", "always keep this one; repeatable", {
    completes: "hashes",
  }),
  drop: list("hash", "drop this one; repeatable", { completes: "hashes" }),
  deleteRevoked: toggle(
    "delete the running runners whose hash this run drops; models on them stop",
    { rare: true },
  ),
  rollback: toggle("restore the list (and the registry's compose file) before the last one"),
  fresh: toggle("deploy a temporary runner even where the hash is recorded", { rare: true }),
  ...APPROVAL_FLAGS,
  ...ATTEST_FLAGS,
};

export const rotateHashCommand = defineCommand({
  name: "rotate-hash",
  summary: "approve the runners' new compose hash after a compose change",
  page: "rotate-hash.md",
  inputs: inputsIn("cluster", "aws", "connection", "procedure", "attestation"),
  required: ["clusterName", "awsAccessKeyId"],
  common: ["runnerCompose", "registryCompose", "gatewayKeyPath", "hashFrom", "attest", "timeoutMs"],
  switches: ["config", "sandbox", "dryRun", "yes", "strict", "timings"],
  flags: ROTATE_FLAGS,
  examples: [
    "rotate-hash --plan",
    "rotate-hash --retire --reason 'spawntee 0.8.44'",
    "rotate-hash --rollback",
  ],
  notes: CLUSTER_NOTE,
  details: CLUSTER_DETAILS,
  async run({ flags, ...run }) {
    const { rotateHash } = await import("./rotate-hash.ts");
    return rotateHash({ ...run, flags: { ...flags, dryRun: flags.dryRun || flags.plan } });
  },
  renderer: async () => (await import("./render.ts")).renderRotateHashOrPlan,
});
