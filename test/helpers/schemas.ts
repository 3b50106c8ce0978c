/** The published schemas against what the program really prints. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";

export type Json = Record<string, unknown>;

function schema(name: string): Json {
  const file = fileURLToPath(new URL(`../../schemas/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(file, "utf8")) as Json;
}

/** They name only the fields that they are about. */
const CONDITIONS: ReadonlySet<string> = new Set(["if", "then", "else", "contains"]);

/** The schemas let outputs grow; in here a field that they do not name is a field that they forgot. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      CONDITIONS.has(key) ? member : closed(member),
    ]),
  );
  const isObject = [copy["type"]].flat().includes("object");
  return isObject ? { additionalProperties: false, ...copy } : copy;
}

const compiled = new Map<string, ValidateFunction>();

export function validator(name: string): ValidateFunction {
  const known = compiled.get(name) ?? compile(name);
  compiled.set(name, known);
  return known;
}

function compile(name: string): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
  });
  // The pattern that comes with it is what counts.
  ajv.addFormat("date-time", true);
  return ajv.compile(closed(schema(name)) as Json);
}

/** @returns the document, which is as the schema of that name says. */
export function expectValid(name: string, stdout: string): Json {
  const document = JSON.parse(stdout) as Json;
  const validate = validator(name);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}
