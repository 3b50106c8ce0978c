/** What a run changes in orchestrator.yml, key by key: for the step, the plan and the wizard's summary. Pure. */
import { isDeepStrictEqual } from "node:util";
import { isRecord, parseYaml, splitBom, syntaxProblem } from "./document.ts";

export type ConfigChange = {
  /** `infrastructure.runner.max-models`, `crunches[bird_tracker].name`. */
  readonly key: string;
  /** Undefined: the file did not have it. */
  readonly before: unknown;
  /** Undefined: it is removed. */
  readonly after: unknown;
};

/** Changed values in the order of the file; a file that is new, or can't be read, has none. */
export function configChanges(before: string | undefined, after: string): readonly ConfigChange[] {
  const old = before === undefined ? undefined : dataOf(before);
  return isRecord(old) ? differences("", old, dataOf(after)) : [];
}

/** `infrastructure.runner.max-models: 50 -> 20`; a value that may hold a password in a URL without it. */
export function renderChange({ key, before, after }: ConfigChange): string {
  if (before === undefined) return `${key}: ${shown(after)} (added)`;
  if (after === undefined) return `${key}: ${shown(before)} (removed)`;
  return `${key}: ${shown(before)} -> ${shown(after)}`;
}

function dataOf(text: string): unknown {
  const [, plain] = splitBom(text);
  return syntaxProblem(plain) ? undefined : parseYaml(plain).toJS();
}

function differences(key: string, before: unknown, after: unknown): readonly ConfigChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [old, now] = [byName(before), byName(after)];
  if (old === undefined || now === undefined || Object.keys(now).length === 0)
    return [{ key, before, after }];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const at = name.startsWith("[") || key === "" ? `${key}${name}` : `${key}.${name}`;
    return differences(at, old[name] ?? undefined, now[name] ?? undefined);
  });
}

/** Members of a mapping, and of a list whose items have an id: these are compared by it. */
function byName(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isRecord(value)) return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const ids = value.map((item) => (isRecord(item) ? item["id"] : undefined));
  if (new Set(ids).size < ids.length || ids.includes(undefined)) return undefined;
  return Object.fromEntries(value.map((item, index) => [`[${String(ids[index])}]`, item]));
}

const shown = (value: unknown): string =>
  JSON.stringify(value ?? null).replaceAll(/(\/\/)[^/@"]*@/g, "$1[redacted]@");
