/** A fault as text: `NAME[=VALUE][,at=METHOD PATH][,times=N][,nth=N]`, as `--fault` and the control endpoint take it. */
import type { Behaviour } from "./behaviour.ts";
import { FAULT_CATALOGUE } from "./fault-catalogue.ts";
import type { CatalogueEntry } from "./fault-entry.ts";
import { DURATION } from "./fault-duration.ts";
import type { Fault } from "./faults.ts";

export type FaultPlan = {
  readonly faults: readonly Fault[];
  readonly behaviour: Partial<Behaviour>;
};

/** What a fault's text asks for. @throws Error that names the text and what is possible. */
export function planFault(text: string): FaultPlan {
  const [head = "", ...rest] = text.split(/,(?=(?:at|times|nth)=)/);
  const [, name = "", given] = /^([a-z-]+)(?:=(.+))?$/s.exec(head) ?? [];
  const entry = Object.hasOwn(FAULT_CATALOGUE, name) ? FAULT_CATALOGUE[name] : undefined;
  if (!entry)
    throw new Error(
      `unknown fault "${head}"; the known ones: ${Object.keys(FAULT_CATALOGUE).join(", ")}`,
    );
  const value = valueOf(name, entry, given);
  const where = placeOf(text, rest);
  if (!entry.action && rest.length > 0)
    throw new Error(`"${name}" strikes no single request: leave out ${rest[0]}`);
  const times = where.times ?? entry.times;
  const main = entry.action
    ? [
        {
          ...entry.at,
          ...(times === undefined ? {} : { times }),
          ...where,
          action: entry.action(value),
        },
      ]
    : [];
  return { faults: [...main, ...(entry.also ?? [])], behaviour: entry.behaviour?.(value) ?? {} };
}

function valueOf(name: string, entry: CatalogueEntry, given: string | undefined): string {
  if (!entry.value) {
    if (given !== undefined) throw new Error(`"${name}" takes no value`);
    return "";
  }
  const value = given ?? entry.value.fallback;
  const valid = { duration: DURATION, number: /^\d+$/, text: /./ }[entry.value.kind];
  if (!valid.test(value)) throw new Error(`invalid ${entry.value.kind} "${value}" for "${name}"`);
  return value;
}

function placeOf(
  text: string,
  parts: readonly string[],
): Pick<Fault, "method" | "path" | "times" | "ordinal"> {
  const known = new Map(
    parts.map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
  );
  const count = (name: string): number | undefined => {
    const value = known.get(name);
    if (value === undefined) return undefined;
    if (!/^[1-9]\d{0,8}$/.test(value))
      throw new Error(`invalid number "${value}" for ${name} in "${text}"`);
    return Number(value);
  };
  const at = known.get("at");
  const [, method, path] = /^(?:([A-Z|]+)(?: |$))?(.*)$/s.exec(at ?? "") ?? [];
  const [times, ordinal] = [count("times"), count("nth")];
  return {
    ...(method ? { method } : {}),
    ...(path ? { path: checkedPattern(path) } : {}),
    ...(times === undefined ? {} : { times }),
    ...(ordinal === undefined ? {} : { ordinal }),
  };
}

function checkedPattern(text: string): string {
  if (isPattern(text)) return text;
  throw new Error(`invalid regular expression "${text}"`);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
