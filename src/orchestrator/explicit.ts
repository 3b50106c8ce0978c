/** What a run was told to put into the operator's own sections of an existing orchestrator.yml. Pure. */
import { isSeq, parseDocument, type Document } from "yaml";
import type { Change } from "./changes.ts";
import { crunchesSection, watcherSection, type OrchestratorValues } from "./values.ts";

/** Changes of `watcher`, for what was given with a flag in this run. */
export function explicitChanges(document: Document, values: OrchestratorValues): readonly Change[] {
  const { explicit = new Set<string>(), settings } = values;
  const watcher = watcherSection(settings);
  const wanted = [
    ...(explicit.has("watcher-interval") ? ["interval"] : []),
    ...(explicit.has("watcher") ? ["poller"] : []),
  ];
  if (!document.has("watcher")) return [];
  return wanted.map((key) => ({
    kind: "set",
    path: ["watcher"],
    key,
    value: watcher[key],
    after: ["interval"],
  }));
}

/**
 * The change that adds the given crunches to the list and renames those it has under the same id. None is taken
 * away, and what else a crunch has there (its schedule, its network) stays: only the operator can know it.
 */
export function crunchChanges(text: string, values: OrchestratorValues): readonly Change[] {
  if (!values.explicit?.has("crunches")) return [];
  const document = parseDocument(text);
  const node = document.get("crunches", true);
  const listed: readonly unknown[] = isSeq(node) ? asList(node.toJS(document)) : [];
  const wanted = crunchesSection(values.settings);
  const renamed = listed.map((crunch) => {
    const given = wanted.find(({ id }) => id === idOf(crunch));
    return given && isObject(crunch) ? { ...crunch, name: given["name"] } : crunch;
  });
  const added = wanted.filter(({ id }) => !listed.some((crunch) => idOf(crunch) === id));
  const merged = [...renamed, ...added];
  if (JSON.stringify(merged) === JSON.stringify(listed)) return [];
  return [{ kind: "set", path: [], key: "crunches", value: merged, after: ["watcher"] }];
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const idOf = (crunch: unknown): unknown => (isObject(crunch) ? crunch["id"] : undefined);
