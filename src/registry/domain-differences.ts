/** Between steps 3 and 4: the node is known, and with it the domain under which CVMs are reached. */
import { lintBaseDomain } from "../compose/domains.ts";
import type { ComposePair } from "../compose/lint.ts";
import { hint } from "../core/command-hint.ts";
import type { ClusterSettings } from "../core/settings.ts";
import type { StepContext } from "../workflow/step.ts";
import type { Registry } from "./registry.ts";

/** Warns of each domain in the files and inputs that is not the gateway's; what the registry is given anyway is no news. */
export function warnDomainDifferences(
  { nodeName: node, baseDomain }: Registry,
  files: ComposePair,
  { cvmBaseDomain }: ClusterSettings,
  context: Pick<StepContext, "warn">,
): void {
  for (const { code, severity, message, remedy } of lintBaseDomain(
    files,
    { node, baseDomain },
    cvmBaseDomain,
  )) {
    if (severity === "warning") context.warn(code, remedy ? hint`${message}; ${remedy}` : message);
  }
}
