/** Renders `init`. */
import { renderDryRun } from "../shared/render-dry-run.ts";
import type { DryRunResult } from "../shared/result.ts";
import type { InitResult } from "./result.ts";
import { command, hint } from "../../core/command-hint.ts";
import { renderPrice } from "../../runners/price.ts";
import { shellQuote } from "../../lib/shell-quote.ts";
import {
  fields,
  inSandbox,
  nextCommands,
  stepTimes,
  type Field,
  type View,
} from "../../output/layout.ts";

export function renderInit(result: InitResult, view: View): string[] {
  const { theme, quiet } = view;
  const { registry } = result;
  const hashes: Field = ["Approved", result.approved_compose_hashes];
  const config: Field = ["Config", result.orchestrator_config];
  if (quiet) return fields(theme, [["Registry", registry.url], hashes, config]);
  const { name, app_id: appId, url, node } = registry;
  // The last ten lines: what exists, its price, and the next commands.
  return [
    ...stepTimes(result.steps, true, theme),
    "",
    theme.bold(`Cluster ${result.cluster} is ready.`),
    "",
    ...fields(theme, [
      ["Attested", result.attestation.result],
      hashes,
      ["App ID", appId],
      ["URL", url],
      config,
      ["Registry", `${name} on ${node}`],
      ["Price", priceOf(result, view)],
    ]),
    "",
    ...nextCommands(view, [
      ...(view.sandbox ? [hint`${command("sandbox", "start")}   # the URL answers then`] : []),
      // model_orchestrator/cli.py: `start` is the command of a real run, `dev` the one for a laptop.
      `model-orchestrator start --configuration-file ${shellQuote(result.orchestrator_config)}`,
      command("status"),
    ]),
  ];
}

function priceOf(
  { usd_per_hour: price, cluster }: InitResult,
  view: View,
): readonly string[] | null {
  if (price == null) return null;
  // `destroy` never guesses, and the name may have been typed into the wizard.
  const end = view.hint(hint`to end that: ${command("destroy", "--cluster-name", cluster)}`);
  return [`${renderPrice(price)}${inSandbox(view)}`, end];
}

export function renderInitOrPlan(result: InitResult | DryRunResult, view: View): string[] {
  return "dry_run" in result ? renderDryRun(result, view) : renderInit(result, view);
}
