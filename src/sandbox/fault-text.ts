/** A fault as text, for `--fault` and the control endpoint: `NAME[=VALUE][,at=METHOD PATH][,times=N][,nth=N]`. */
import { DURATION, FAULT_CATALOGUE, type CatalogueEntry } from "./fault-catalogue.ts";
import type { Behaviour, Fault } from "./faults.ts";

export type FaultPlan = {
  readonly faults: readonly Fault[];
  readonly behaviour: Partial<Behaviour>;
};

/** A fault given as text or in full. @throws Error with the text and what is valid. */
export function planFault(given: Fault | string): FaultPlan {
  return typeof given === "string" ? planText(given) : { faults: [given], behaviour: {} };
}

function planText(text: string): FaultPlan {
  const [head = "", ...rest] = text.split(/,(?=(?:at|times|nth)=)/);
  const [, name = "", given] = /^([a-z-]+)(?:=(.+))?$/s.exec(head) ?? [];
  const known = Object.hasOwn(FAULT_CATALOGUE, name) ? FAULT_CATALOGUE[name] : undefined;
  if (!known)
    throw new Error(
      `unknown fault "${head}"; the known ones: ${Object.keys(FAULT_CATALOGUE).join(", ")}`,
    );
  const effect = known.effect(valueOf(name, known, given));
  const where = placeOf(text, rest);
  if (!("behaviour" in effect))
    return {
      faults: [{ ...known.place, ...where, action: effect }, ...(known.also ?? [])],
      behaviour: {},
    };
  if (rest.length > 0) throw new Error(`"${name}" strikes no single request: leave out ${rest[0]}`);
  return { faults: [], ...effect };
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

function placeOf(text: string, parts: readonly string[]): Omit<Fault, "action"> {
  const known = new Map(
    parts.map((part) => /^(\w+)=(.*)$/s.exec(part)?.slice(1) as [string, string]),
  );
  const count = (name: string): number | undefined => {
    const value = known.get(name);
    if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value))
      throw new Error(`invalid number "${value}" for ${name} in "${text}"`);
    return value === undefined ? undefined : Number(value);
  };
  const [, method, path] = /^(?:([A-Z|]+)(?: |$))?(.*)$/s.exec(known.get("at") ?? "") ?? [];
  if (path && !isPattern(path)) throw new Error(`invalid regular expression "${path}"`);
  const [times, ordinal] = [count("times"), count("nth")];
  return {
    ...(method && { method }),
    ...(path && { path }),
    ...(times && { times }),
    ...(ordinal && { ordinal }),
  };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
