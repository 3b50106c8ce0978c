import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";
import { toggle } from "../shared/flags.ts";

export const statusCommand = defineCommand({
  name: "status",
  summary: "show the cluster: its CVMs, their health, and which runner would be refused and why",
  page: "status.md",
  inputs: [
    "clusterName",
    "spawnteePort",
    "runnerCompose",
    "orchestratorSchema",
    "coordinatorWallet",
    "orchestratorConfig",
    ...inputsIn("connection"),
    ...inputsIn("attestation"),
  ],
  required: ["clusterName"],
  switches: ["config", "sandbox", "dryRun", "yes", "strict", "timings"],
  flags: {
    watch: toggle("refresh every --poll-interval (at least 2s, here 5s by default) until Ctrl-C", {
      short: "w",
    }),
  },
  examples: ["status", "status --watch", "status --json"],
  notes: `
Only reads. Exit codes: 0 all in order, 7 a runner is refused, the registry is
not healthy or not what was verified last, or the local runner compose file is
not approved; 2, 3 and 4 as for every command. What is not known is a warning.`,
  notOk: "verification",
  run: async (run) => (await import("./status.ts")).status(run),
  renderer: async () => (await import("./render.ts")).renderStatus,
});
