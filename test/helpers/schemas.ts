/** The published schemas against what the program really prints. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";

export type Json = Record<string, unknown>;

const FOLDER = new URL("../../schemas/", import.meta.url);

/** What stands before `.json` in their names. */
export const schemaNames = (): string[] =>
  readdirSync(FOLDER).map((file) => path.basename(file, ".json"));

export const readSchema = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as Json;

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
    // A unit test does that once; it takes longer than all the rest.
    validateSchema: false,
  });
  // The pattern that comes with it is what counts.
  ajv.addFormat("date-time", true);
  return ajv.compile(closed(readSchema(name)) as Json);
}

/** @returns the document, which is as the schema of that name says. */
export function expectValid(name: string, stdout: string): Json {
  const document = JSON.parse(stdout) as Json;
  const validate = validator(name);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}
