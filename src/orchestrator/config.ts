/** orchestrator.yml: values in, YAML text out; an existing text is changed only where it must be. Pure. */
import type { Document } from "yaml";
import { messageOf } from "../errors/cluster-error.ts";
import { applyChanges, type Change } from "./changes.ts";
import { COMMENTS, HEADER } from "./comments.ts";
import { isEmpty, readable, assertNoOtherRunner, RUNNER, unreadable } from "./document.ts";
import { crunchChanges, explicitChanges } from "./explicit.ts";
import { orchestratorSchemas } from "./schemas.ts";
import {
  crunchesSection,
  FOREIGN_RUNNER_KEYS,
  infrastructureSection,
  loggingSection,
  managedRunnerKeys,
  REQUEST_TIMEOUT,
  watcherSection,
  wholeConfig,
  type OrchestratorValues,
} from "./values.ts";
import { commentLines, entryLines } from "./yaml-text.ts";

export type { OrchestratorValues } from "./values.ts";

const ADVICE = {
  unreadable:
    "mend or move the file, or write another one with --orchestrator-config; then run the same command again",
  otherRunner:
    "write another file with --orchestrator-config, or take its infrastructure.runner out; then run the same command again",
};

/**
 * A new file, with the comments that a person would want.
 * @throws ClusterError `gateway-key-path-missing` (input) for schema v2 without one.
 */
export function renderConfig(values: OrchestratorValues): string {
  const config = wholeConfig(values);
  orchestratorSchemas[values.settings.orchestratorSchema].parse(config);
  const sections = Object.entries(config).map(([key, value]) =>
    entryLines(key, value, { column: 0, path: "", comments: COMMENTS }).join("\n"),
  );
  return `${[commentLines(HEADER).join("\n"), ...sections].join("\n\n")}\n`;
}

/**
 * An existing file with our keys of `infrastructure.runner` brought up to date and missing sections added.
 * Comments, order, layout and everything that others put there stay; where nothing differs the very same text
 * comes back. `path` is for messages.
 * @throws ClusterError `config-unreadable` (conflict): nothing is written over what can't be understood.
 */
export function updateConfig(existing: string, values: OrchestratorValues, path: string): string {
  const bom = existing.startsWith("\ufeff") ? "\ufeff" : "";
  const text = existing.slice(bom.length);
  const source = { path, advice: ADVICE };
  const document = readable(text, source);
  if (isEmpty(document)) return bom + appendConfig(text, values);
  assertNoOtherRunner(document, source);
  try {
    const updated = applyChanges(text, changesFor(document, values));
    return bom + applyChanges(updated, crunchChanges(updated, values));
  } catch (error) {
    throw unreadable(source, `can't be changed safely: ${messageOf(error)}`);
  }
}

/** Only blank lines or comments so far: they stay, above the rest. */
function appendConfig(text: string, values: OrchestratorValues): string {
  const kept = text.trimEnd();
  return kept === "" ? renderConfig(values) : `${kept}\n\n${renderConfig(values)}`;
}

function changesFor(document: Document, values: OrchestratorValues): readonly Change[] {
  return [
    ...missingSections(document, values),
    ...runnerChanges(document, values),
    ...explicitChanges(document, values),
  ];
}

/** Sections that the orchestrator requires and the file lacks; one that is there is never changed. */
function missingSections(document: Document, values: OrchestratorValues): readonly Change[] {
  const whole = wholeConfig(values);
  if (!document.has("infrastructure")) {
    return [...absent(document, [], whole)];
  }
  const around = {
    logging: loggingSection(),
    watcher: watcherSection(values.settings),
    crunches: crunchesSection(values.settings),
  };
  const infrastructure = {
    ...infrastructureSection(),
    runner: { ...managedRunnerKeys(values), ...REQUEST_TIMEOUT },
  };
  return [...absent(document, ["infrastructure"], infrastructure), ...absent(document, [], around)];
}

function absent(
  document: Document,
  path: readonly string[],
  section: Readonly<Record<string, unknown>>,
): Change[] {
  return Object.entries(section)
    .filter(([key]) => !document.hasIn([...path, key]))
    .map(([key, value]) => ({ kind: "set", path, key, value, after: [] }));
}

function runnerChanges(document: Document, values: OrchestratorValues): readonly Change[] {
  if (!document.hasIn(RUNNER)) return [];
  const schema = values.settings.orchestratorSchema;
  const managed = Object.entries(managedRunnerKeys(values));
  const names = managed.map(([key]) => key);
  const sets = managed.map(([key, value], index): Change => ({
    kind: "set",
    path: RUNNER,
    key,
    value,
    after: names.slice(0, index).toReversed(),
  }));
  const removals = FOREIGN_RUNNER_KEYS[schema].map((key): Change => ({ kind: "remove", path: RUNNER, key }));
  return [...sets, ...removals];
}
