/**
 * A schema of plain JSON as a check that only says yes or no, and copies nothing: a journal has tens of thousands of
 * records, and each run reads all of them. The schema stays the one source of what a record is.
 */
import type { z } from "zod";

type Check = (value: unknown) => boolean;
type Definition = z.core.$ZodTypes["_zod"]["def"];

const definitionOf = (schema: z.core.$ZodType): Definition =>
  (schema as unknown as { def: Definition }).def;

/** @throws Error for a kind of schema that no record has so far. */
export function checkOf(schema: z.core.$ZodType): Check {
  const def = definitionOf(schema);
  switch (def.type) {
    case "string":
      return (value) => typeof value === "string";
    case "boolean":
      return (value) => typeof value === "boolean";
    case "number":
      return def.checks?.length ? Number.isSafeInteger : Number.isFinite;
    case "literal":
      return (value) => (def.values as readonly unknown[]).includes(value);
    case "enum":
      return (value) => Object.values(def.entries).includes(value as string);
    case "nullable":
      return either(null, checkOf(def.innerType));
    case "optional":
      return either(undefined, checkOf(def.innerType));
    case "array":
      return arrayCheck(checkOf(def.element));
    case "record":
      return dictionaryCheck(checkOf(def.valueType));
    case "object":
      return objectCheck(def.shape);
    case "union":
      return "discriminator" in def
        ? kindsCheck(def as z.core.$ZodDiscriminatedUnionDef)
        : anyCheck(def.options.map(checkOf));
    default:
      throw new Error(`no check for ${def.type}`);
  }
}

const either =
  (other: null | undefined, check: Check): Check =>
  (value) =>
    value === other || check(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const arrayCheck =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const dictionaryCheck =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

function objectCheck(shape: z.core.$ZodShape): Check {
  const members = Object.entries(shape).map(([name, schema]) => ({ name, check: checkOf(schema) }));
  return (value) => {
    if (!isObject(value)) return false;
    for (const { name, check } of members) if (!check(value[name])) return false;
    return true;
  };
}

const anyCheck =
  (checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

/** By the member that tells the kinds apart. */
function kindsCheck({ discriminator, options }: z.core.$ZodDiscriminatedUnionDef): Check {
  const kinds = new Map<unknown, Check>();
  for (const option of options) {
    const { shape } = definitionOf(option) as z.core.$ZodObjectDef;
    const { values } = definitionOf(
      shape[discriminator] as z.core.$ZodType,
    ) as z.core.$ZodLiteralDef<string>;
    for (const kind of values) kinds.set(kind, objectCheck(shape));
  }
  return (value) => isObject(value) && (kinds.get(value[discriminator])?.(value) ?? false);
}
