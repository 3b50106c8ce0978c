/** Changes to the operator's own sections of an existing orchestrator.yml that this run's inputs ask for. Pure. */
import { isMap, type Document } from "yaml";
import type { Change } from "./changes.ts";
import { isRecord, parseYaml, type Path } from "./document.ts";
import { crunchesSection, watcherSection, type OrchestratorValues, type Plain } from "./values.ts";

const set = (path: Path, key: string, value: unknown, ...after: readonly string[]): Change => ({
  kind: "set",
  path,
  key,
  value,
  after,
});

/** Key by key, so that what stands beside them stays. */
export function watcherChanges(
  document: Document,
  { given, settings }: OrchestratorValues,
): readonly Change[] {
  const { interval, poller } = watcherSection(settings);
  const changes = given.has("watcherIntervalSeconds")
    ? [set(["watcher"], "interval", interval)]
    : [];
  if (!given.has("watcher")) return changes;
  const where = ["watcher", "poller"];
  if (!isMap(document.getIn(where)))
    return [...changes, set(["watcher"], "poller", poller, "interval")];
  const foreign = ["path", "url"].filter((key) => !(key in poller));
  return [
    ...changes,
    ...Object.entries(poller).map(([key, value]) => set(where, key, value, "type")),
    ...foreign.map((key): Change => ({ kind: "remove", path: where, key })),
  ];
}

/**
 * The given crunches that the list lacks are appended, and those it has under the same id get the name that is given.
 * None is taken away, and every other character of the list stays: only the operator can know it.
 */
export function crunchChanges(
  text: string,
  { given, settings }: OrchestratorValues,
): readonly Change[] {
  if (!given.has("crunches")) return [];
  const { crunches: listed = [] } = (parseYaml(text).toJS() ?? {}) as { crunches?: unknown };
  const wanted = crunchesSection(settings);
  if (!Array.isArray(listed) || listed.length === 0) return [set([], "crunches", wanted)];
  return wanted.flatMap((crunch): readonly Change[] => {
    const at = listed.findIndex(
      (existing) => isRecord(existing) && existing["id"] === crunch["id"],
    );
    if (at === -1) return [{ kind: "append", path: [], key: "crunches", value: crunch }];
    if (isNamedByItsId(crunch)) return [];
    return [set(["crunches", at], "name", crunch["name"], "id")];
  });
}

/** `--crunch bird_tracker` alone: nobody gave a name for a crunch that has one. */
const isNamedByItsId = ({ id, name }: Plain): boolean => String(id).replaceAll("_", " ") === name;
