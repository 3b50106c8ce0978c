/** From a command's result to the lines a person reads. A new command gets a file and a case here. */
import type { SuccessResult } from "../../commands/results.ts";
import { renderDestroy } from "./destroy.ts";
import { renderDoctor } from "./doctor.ts";
import { renderDryRun } from "./dry-run.ts";
import { renderInit } from "./init.ts";
import type { View } from "./layout.ts";

export { renderFailure } from "./failure.ts";

/** The lines for stdout, without a newline at their ends; none where a command has nothing to answer. */
export function renderAnswer(result: SuccessResult, view: View): string[] {
  if ("dry_run" in result) return renderDryRun(result, view);
  switch (result.command) {
    case "init":
      return renderInit(result, view);
    case "doctor":
      return renderDoctor(result, view);
    case "destroy":
      return renderDestroy(result, view);
    case "sandbox":
      return [];
    default:
      return result satisfies never;
  }
}
