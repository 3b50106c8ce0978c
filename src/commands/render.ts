/** From a command's result to the lines a person reads. A new command gets a file and a case here. */
import type { SuccessResult } from "./results.ts";
import { renderConfigMigrate } from "./config-migrate/render.ts";
import { renderDestroy } from "./destroy/render.ts";
import { renderDoctor } from "./doctor/render.ts";
import { renderDryRun } from "./shared/render-dry-run.ts";
import { renderHistory } from "./history/render.ts";
import { renderHash } from "./hash/render.ts";
import { renderHashExplanation } from "./hash/render-explanation.ts";
import { renderHashExport } from "./hash/render-export.ts";
import { renderInit } from "./init/render.ts";
import { renderSandbox } from "./sandbox/render.ts";
import { renderStatus } from "./status/render.ts";
import type { View } from "../output/layout.ts";
import { renderRotatePlan } from "./rotate-hash/render-plan.ts";
import { renderRotateHash } from "./rotate-hash/render.ts";

/** The lines for stdout, without a newline at their ends; none where a command has nothing to answer. */
export function renderAnswer(result: SuccessResult, view: View): string[] {
  if ("dry_run" in result && "compose_changes" in result) return renderRotatePlan(result, view);
  if ("dry_run" in result) return renderDryRun(result, view);
  switch (result.command) {
    case "init":
      return renderInit(result, view);
    case "rotate-hash":
      return renderRotateHash(result, view);
    case "doctor":
      return renderDoctor(result, view);
    case "history":
      return renderHistory(result, view);
    case "config migrate":
      return renderConfigMigrate(result, view);
    case "hash":
      return renderOfHash(result, view);
    case "status":
      return renderStatus(result, view);
    case "destroy":
      return renderDestroy(result, view);
    case "sandbox":
      return renderSandbox(result);
    default:
      return result satisfies never;
  }
}

/** One command, three questions. */
function renderOfHash(result: Extract<SuccessResult, { command: "hash" }>, view: View): string[] {
  switch (result.action) {
    case "predict":
      return renderHash(result, view);
    case "explain":
      return renderHashExplanation(result, view);
    case "export":
      return renderHashExport(result, view);
    default:
      return result satisfies never;
  }
}
