/** orchestrator.yml: values in, YAML text out; an existing text is changed only where it must be. Pure. */
import type { Document } from "yaml";
import { applyChanges, COMMENTS, HEADER, orRefuse, type Change } from "./changes.ts";
import {
  assertPhalaRunner,
  isEmpty,
  isEmptyValue,
  NO_MAPPING,
  readable,
  splitBom,
  syntaxProblem,
  unreadable,
  type Path,
  type Source,
} from "./document.ts";
import { crunchChanges, watcherChanges } from "./given-sections.ts";
import { runnerChanges } from "./runner-changes.ts";
import { orchestratorSchemas } from "./schemas.ts";
import { wholeConfig, type OrchestratorValues, type Plain } from "./values.ts";
import { openYaml } from "./yaml-edit.ts";
import { commentLines, entryLines } from "./yaml-text.ts";

export type { OrchestratorValues } from "./values.ts";

const ADVICE = {
  unreadable:
    "fix or move the file, or write another one with --orchestrator-config; then run the command again",
  otherRunner:
    "write another file with --orchestrator-config, or remove its infrastructure.runner; then run the command again",
};

/**
 * A new file, with the comments that a person would want.
 * @throws ClusterError `gateway-key-path-missing` (input) for schema v2 without one.
 */
export function renderConfig(values: OrchestratorValues): string {
  const config = wholeConfig(values);
  orchestratorSchemas[values.settings.orchestratorSchema].parse(config);
  const sections = Object.entries(config).map(([key, value]) =>
    entryLines(key, value, { path: "", comments: COMMENTS }).join("\n"),
  );
  return `${[commentLines(HEADER).join("\n"), ...sections].join("\n\n")}\n`;
}

/** A new file where there is none yet, else the changed one. @throws as `renderConfig` and `updateConfig`. */
export const configText = (
  existing: string | undefined,
  values: OrchestratorValues,
  path: string,
): string => (existing === undefined ? renderConfig(values) : updateConfig(existing, values, path));

/**
 * An existing file with what was given in this run, and with what the orchestrator requires and the file lacks.
 * Everything else stays, byte for byte. `path` is for messages.
 * @throws ClusterError `config-unreadable`, `config-other-runner` (conflict): nothing is written over what can't be
 *   understood; `gateway-key-path-missing` (input) for schema v2 without one.
 */
export function updateConfig(existing: string, values: OrchestratorValues, path: string): string {
  const [bom, text] = splitBom(existing);
  const source = { path, advice: ADVICE };
  const document = readable(text, source);
  if (isEmpty(document)) return bom + appendConfig(text, values, source);
  assertPhalaRunner(document, source);
  const edit = (): string => {
    const updated = applyChanges(text, changesFor(document, values));
    return applyChanges(updated, crunchChanges(updated, values));
  };
  return bom + orRefuse(edit, { text, document }, source);
}

/** Only blank lines or comments so far: they stay, above the rest. */
function appendConfig(text: string, values: OrchestratorValues, source: Source): string {
  const { eol } = openYaml(text);
  const kept = text.trimEnd() === "" ? "" : `${text.trimEnd()}${eol}${eol}`;
  const whole = kept + renderConfig(values).replaceAll("\n", eol);
  // Behind `~` or the end of a document (`...`) nothing can stand.
  if (syntaxProblem(whole)) throw unreadable(source, NO_MAPPING);
  return whole;
}

function changesFor(document: Document, values: OrchestratorValues): readonly Change[] {
  return [
    ...missingSections(document, values),
    ...runnerChanges(document, values),
    ...watcherChanges(document, values),
  ];
}

/** Sections that the orchestrator requires and the file lacks, or has empty as a template does. */
function missingSections(document: Document, values: OrchestratorValues): readonly Change[] {
  const whole = wholeConfig(values);
  if (isEmptyValue(document.get("infrastructure"))) return absent(document, [], whole);
  const { infrastructure, ...others } = whole;
  return [...absent(document, ["infrastructure"], infrastructure), ...absent(document, [], others)];
}

function absent(document: Document, path: Path, section: Plain): Change[] {
  return Object.entries(section)
    .filter(([key]) => isEmptyValue(document.getIn([...path, key])))
    .map(([key, value]) => ({ kind: "set", path, key, value }));
}
