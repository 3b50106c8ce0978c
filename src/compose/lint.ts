/** All findings on the compose files of a cluster. */
import { bySeverity } from "../core/finding.ts";
import type { ComposeFinding } from "./catalogue.ts";
import type { ComposeFile } from "./compose-file.ts";
import { found, inService, ruleContext, type ComposeSettings, type Role } from "./rules/context.ts";
import { localFileFindings } from "./rules/local-files.ts";
import { runningFindings } from "./rules/running.ts";
import { secretFindings } from "./rules/secrets.ts";
import { securityFindings } from "./rules/security.ts";
import { textFindings } from "./rules/text.ts";
import { variableFindings } from "./rules/variables.ts";
import { lineOfKey } from "./tree.ts";

/** The two files of a cluster. */
export type ComposePair = { readonly registry: ComposeFile; readonly runner: ComposeFile };

/** Findings on one file, errors first. Empty of errors: it can be deployed. */
export function composeFindings(
  role: Role,
  compose: ComposeFile,
  settings: ComposeSettings,
): readonly ComposeFinding[] {
  const context = ruleContext(role, compose, settings);
  return bySeverity([
    ...textFindings(context),
    ...localFileFindings(context),
    ...runningFindings(context),
    ...variableFindings(context),
    ...secretFindings(context),
    ...securityFindings(context),
  ]);
}

/** What both files together are. */
export function pairFindings(
  pair: ComposePair,
  settings: ComposeSettings,
): readonly ComposeFinding[] {
  const contexts = [
    ruleContext("registry", pair.registry, settings),
    ruleContext("runner", pair.runner, settings),
  ] as const;
  const [a, b] = contexts.map(({ spawntee }) => spawntee);
  if (!a?.image || !b?.image || a.image === b.image) return [];
  return [
    found(contexts[1], "images-differ", "warning", inService(b, lineOfKey(b.node, "image")), {
      message: `the registry runs ${a.image}: two versions of spawntee need not understand each other`,
      remedy: "name the same image in both files, unless this is one step of a rolling upgrade",
    }),
  ];
}
