import { inputsIn } from "../../inputs/table.ts";
import { DEBUG_FLAG } from "../shared/approval-flags.ts";
import { defineCommand } from "../shared/command.ts";
import { list } from "../shared/flags.ts";

export const doctorCommand = defineCommand({
  name: "doctor",
  summary: "check the prerequisites alone, each with its remedy",
  page: "doctor.md",
  inputs: inputsIn("cluster", "aws", "connection"),
  switches: ["config", "sandbox", "dryRun", "yes", "strict", "timings"],
  flags: {
    ...DEBUG_FLAG,
    ignore: list(
      "id",
      "show a check, or one thing that it finds, without counting it; repeatable",
      {
        completes: "checks",
      },
    ),
  },
  examples: ["doctor", "doctor --sandbox", "doctor --strict --ignore image-not-pinned"],
  notOk: "prerequisite",
  async run(dependencies, common, flags) {
    const { doctor } = await import("./doctor.ts");
    return doctor(dependencies, common, flags);
  },
  async renderer() {
    const { renderDoctor } = await import("./render.ts");
    return renderDoctor;
  },
});
