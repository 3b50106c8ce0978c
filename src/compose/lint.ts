/** All findings on the compose files of a cluster. */
import { bySeverity } from "../core/finding.ts";
import type { ComposeFinding } from "./catalogue.ts";
import type { ComposeFile } from "./compose-file.ts";
import {
  findingIn,
  inService,
  ruleContext,
  type ComposeSettings,
  type Problem,
  type Role,
  type RuleContext,
} from "./rules/context.ts";
import { localFiles } from "./rules/local-files.ts";
import { running } from "./rules/running.ts";
import { secrets } from "./rules/secrets.ts";
import { security } from "./rules/security.ts";
import { text } from "./rules/text.ts";
import { variables } from "./rules/variables.ts";
import { lineOfKey } from "./tree.ts";

/** The two files of a cluster. */
export type ComposePair = { readonly registry: ComposeFile; readonly runner: ComposeFile };

const RULES: readonly ((context: RuleContext) => readonly Problem[])[] = [
  text,
  localFiles,
  running,
  variables,
  secrets,
  security,
];

/** Findings on one file, errors first. Empty of errors: it can be deployed. */
export function composeFindings(
  role: Role,
  compose: ComposeFile,
  settings: ComposeSettings,
): readonly ComposeFinding[] {
  const context = ruleContext(role, compose, settings);
  const problems = RULES.flatMap((rule) => rule(context));
  return bySeverity(problems.map((problem) => findingIn(compose, problem)));
}

/** What both files together are. */
export function pairFindings(
  { registry, runner }: ComposePair,
  settings: ComposeSettings,
): readonly ComposeFinding[] {
  const { spawntee: a } = ruleContext("registry", registry, settings);
  const { spawntee: b } = ruleContext("runner", runner, settings);
  if (!a?.image || !b?.image || a.image === b.image) return [];
  const problem: Problem = {
    code: "images-differ",
    ...inService(b, lineOfKey(b.node, "image")),
    message: `the registry runs ${a.image}: two versions of spawntee need not understand each other`,
    remedy: "name the same image in both files, unless this is one step of a rolling upgrade",
  };
  return [findingIn(runner, problem)];
}
