/** What a run was told to put into the operator's own sections of an existing orchestrator.yml. Pure. */
import { isMap, type Document } from "yaml";
import type { Change } from "./changes.ts";
import { isRecord, parseYaml } from "./document.ts";
import { crunchesSection, watcherSection, type OrchestratorValues, type Plain } from "./values.ts";

const set = (
  path: readonly string[],
  key: string,
  value: unknown,
  after: readonly string[],
): Change => ({ kind: "set", path, key, value, after });

/** Key by key, so that what stands beside them stays. */
export function watcherChanges(
  document: Document,
  { given, settings }: OrchestratorValues,
): readonly Change[] {
  if (!isMap(document.get("watcher", true))) return [];
  const { interval, poller } = watcherSection(settings);
  const changes = given?.has("watcherIntervalSeconds")
    ? [set(["watcher"], "interval", interval, [])]
    : [];
  if (!given?.has("watcher") || !isRecord(poller)) return changes;
  if (!isMap(document.getIn(["watcher", "poller"], true)))
    return [...changes, set(["watcher"], "poller", poller, ["interval"])];
  const where = ["watcher", "poller"];
  const foreign = ["path", "url"].filter((key) => !(key in poller));
  return [
    ...changes,
    ...Object.entries(poller).map(([key, value]) => set(where, key, value, ["type"])),
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
  if (!given?.has("crunches")) return [];
  const { crunches: listed = [] } = (parseYaml(text).toJS() ?? {}) as { crunches?: unknown };
  const wanted = crunchesSection(settings);
  if (!Array.isArray(listed) || listed.length === 0)
    return [{ kind: "set", path: [], key: "crunches", value: wanted, after: ["watcher"] }];
  return wanted.flatMap((crunch): readonly Change[] => {
    const at = listed.findIndex(
      (existing) => isRecord(existing) && existing["id"] === crunch["id"],
    );
    if (at === -1) return [{ kind: "append", path: [], key: "crunches", value: crunch }];
    if (isNamedByItsId(crunch)) return [];
    return [
      { kind: "set", path: ["crunches", at], key: "name", value: crunch["name"], after: ["id"] },
    ];
  });
}

/** `--crunch bird_tracker` alone: nobody gave a name for a crunch that has one. */
const isNamedByItsId = ({ id, name }: Plain): boolean => String(id).replaceAll("_", " ") === name;
