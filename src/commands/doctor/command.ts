import { inputsIn } from "../../inputs/table.ts";
import { DEBUG_FLAG } from "../shared/approval-flags.ts";
import { defineCommand } from "../shared/command.ts";
import { list, type FlagValues } from "../shared/flags.ts";

const DOCTOR_FLAGS = {
  ...DEBUG_FLAG,
  ignore: list("id", "show a check, or one thing that it finds, without counting it; repeatable", {
    completes: "checks",
  }),
};
export type DoctorFlags = FlagValues<typeof DOCTOR_FLAGS>;

export const doctorCommand = defineCommand({
  name: "doctor",
  summary: "check the prerequisites alone, each with its remedy",
  page: "doctor.md",
  inputs: inputsIn("cluster", "aws", "connection"),
  switches: ["config", "sandbox", "dryRun", "yes", "strict", "timings"],
  flags: DOCTOR_FLAGS,
  examples: ["doctor", "doctor --sandbox", "doctor --strict --ignore image-not-pinned"],
  notOk: "prerequisite",
  run: async (run) => (await import("./doctor.ts")).doctor(run),
  renderer: async () => (await import("./render.ts")).renderDoctor,
});
