/** Changes to `infrastructure.runner` of an existing file: given, missing, or following from the registry. Pure. */
import type { Document } from "yaml";
import type { Change } from "./changes.ts";
import { isEmptyValue, RUNNER, valueAt } from "./document.ts";
import { inputOfRunnerKey } from "./read-settings.ts";
import { FOREIGN_RUNNER_KEYS, managedRunnerKeys, type OrchestratorValues } from "./values.ts";

/** The same number under its name in each schema: the orchestrator renamed the key and kept its range. */
const RENAMED = {
  v1: { from: "capacity-threshold", to: "provision-factor", input: "provisionFactor" },
  v2: { from: "provision-factor", to: "capacity-threshold", input: "capacityThreshold" },
} as const;

export function runnerChanges(document: Document, values: OrchestratorValues): readonly Change[] {
  const schema = values.settings.orchestratorSchema;
  const rename = renaming(document, values);
  const managed = Object.entries(managedRunnerKeys(values));
  const names = managed.map(([key]) => key);
  const sets = managed.flatMap(([key, value], index): Change[] => {
    if (key === rename?.to || !isDue(document, key, value, values)) return [];
    return [{ kind: "set", path: RUNNER, key, value, after: names.slice(0, index).toReversed() }];
  });
  const removals = FOREIGN_RUNNER_KEYS[schema].map((key): Change => ({
    kind: "remove",
    path: RUNNER,
    key,
  }));
  return [...(rename ? [rename] : []), ...sets, ...removals];
}

/** A number of the operator's moves to its new name, unless another one is given. */
function renaming(
  document: Document,
  { settings, given }: OrchestratorValues,
): Extract<Change, { kind: "rename" }> | undefined {
  const { from, to, input } = RENAMED[settings.orchestratorSchema];
  if (given.has(input) || !isEmptyAt(document, to) || isEmptyAt(document, from)) return undefined;
  return { kind: "rename", path: RUNNER, key: from, to };
}

function isDue(
  document: Document,
  key: string,
  value: unknown,
  { given }: OrchestratorValues,
): boolean {
  // Also from a mapping that is merged in (<<).
  const present = valueAt(document, [...RUNNER, key]) ?? "";
  if (present === "") return true;
  const input = inputOfRunnerKey(key);
  if (input !== undefined) return given.has(input);
  if (key === "phala-api-url") return given.has("phalaApiUrl") || isOtherUrl(present, value);
  if (key !== "cluster-urls") return true;
  // Further URLs beside the registry's are the operator's.
  return !(
    Array.isArray(present) &&
    Array.isArray(value) &&
    value.every((url) => present.includes(url))
  );
}

/** A variable stays: the orchestrator fills it in where it runs. */
function isOtherUrl(present: unknown, value: unknown): boolean {
  const [written, ours] = [present, value].map((url) => String(url).replace(/\/+$/, ""));
  return !written?.includes("$") && written !== ours;
}

const isEmptyAt = (document: Document, key: string): boolean =>
  isEmptyValue(document.getIn([...RUNNER, key]));
