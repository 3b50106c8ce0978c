import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";

export const destroyCommand = defineCommand({
  name: "destroy",
  summary: "delete this cluster's CVMs, and no other's",
  inputs: ["clusterName", ...inputsIn("connection")],
  required: ["clusterName"],
  switches: ["config", "sandbox", "dryRun", "yes", "timings"],
  flags: {},
  examples: ["destroy --dry-run", "destroy --cluster-name bird-tracker --yes"],
  notes: `
Deletes the CVMs {cluster}-registry, {cluster}-runner-temp and
{cluster}-runner-{8 hex digits}, and no others. Look first with --dry-run. On a
terminal the cluster's name must be typed; without one, with CI set or with
--json it needs --yes. Stop the orchestrator first: it may create new runners.

PHALA_API_KEY is taken from the environment.`,
  async run(dependencies, common) {
    const { destroy } = await import("./destroy.ts");
    return destroy(dependencies, common);
  },
  async renderer() {
    const { renderDestroyOrPlan } = await import("./render.ts");
    return renderDestroyOrPlan;
  },
});
