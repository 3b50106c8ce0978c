/** The options of the commands that approve a hash. */
import { Option, type Command } from "commander";
import type { ApprovalFlags } from "./approval.ts";
import type { Options } from "./command.ts";

export function addApprovalOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--approve-via <how>", "push to the running registry, update and restart it, or what fits")
        .choices(["auto", "restart", "api"])
        .default("auto"),
    )
    .option("--force-update", "update the registry even where nothing differs, as after a new AWS secret")
    .option("--reason <text>", "why, for `tee-cluster history`");
}

export function approvalFlags(options: Options): ApprovalFlags {
  const reason = options["reason"];
  return {
    via: options["approveVia"] as ApprovalFlags["via"],
    force: options["forceUpdate"] === true,
    reason: typeof reason === "string" && reason.trim() !== "" ? reason.trim() : null,
  };
}
