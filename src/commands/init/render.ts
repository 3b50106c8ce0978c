/** The answer of `init`. */
import { renderDryRun } from "../shared/render-dry-run.ts";
import type { DryRunResult } from "../shared/result.ts";
import type { InitResult } from "./result.ts";
import { shellQuote } from "../../lib/shell-quote.ts";
import { fields, nextCommands, stepTimes, type Field, type View } from "../../output/layout.ts";

export function renderInit(result: InitResult, view: View): string[] {
  const { theme, quiet } = view;
  const { registry } = result;
  const hashes: Field = ["Approved", result.approved_compose_hashes];
  const config: Field = ["Config", result.orchestrator_config];
  const attestation: Field = ["Attested", result.attestation.result];
  if (quiet) return fields([["Registry", registry.url], hashes, config], theme);
  return [
    theme.bold(`Cluster ${result.cluster} is ready.`),
    "",
    ...fields(
      [
        ["Registry", registry.name],
        ["App ID", registry.app_id],
        ["URL", registry.url],
        ["Node", registry.node],
        hashes,
        config,
        attestation,
      ],
      theme,
    ),
    "",
    ...stepTimes(result.steps, true, theme),
    "",
    ...nextCommands(
      [
        // model_orchestrator/cli.py: `start` is the command of a real run, `dev` the one for a laptop.
        `model-orchestrator start --configuration-file ${shellQuote(result.orchestrator_config)}`,
      ],
      view,
    ),
  ];
}

export function renderInitOrPlan(result: InitResult | DryRunResult, view: View): string[] {
  return "dry_run" in result ? renderDryRun(result, view) : renderInit(result, view);
}
