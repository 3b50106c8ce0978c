/** Shapes say of every document what the schema of zod says that is spelt alike. */
import {
  anything,
  assert,
  constantFrom,
  jsonValue,
  oneof,
  property,
  record,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import * as shape from "../../../src/lib/shape.ts";

type Pair = readonly [name: string, shape: shape.Shape<unknown>, schema: z.ZodType];

const PAIRS: readonly Pair[] = [
  ["string", shape.string, z.string()],
  ["boolean", shape.boolean, z.boolean()],
  ["number", shape.number, z.number()],
  ["integer", shape.integer, z.number().int()],
  ["oneOf", shape.oneOf("a", "b", 1), z.literal(["a", "b", 1])],
  ["nullable", shape.nullable(shape.string), z.string().nullable()],
  ["optional", shape.optional(shape.string), z.string().optional()],
  ["list", shape.list(shape.string), z.array(z.string())],
  ["dictionary", shape.dictionary(shape.number), z.record(z.string(), z.number())],
  [
    "either",
    shape.either(shape.string, shape.list(shape.number)),
    z.union([z.string(), z.array(z.number())]),
  ],
  [
    "object",
    shape.object({
      a: shape.string,
      b: shape.optional(shape.object({ c: shape.nullable(shape.number) })),
    }),
    z.object({ a: z.string(), b: z.object({ c: z.number().nullable() }).optional() }),
  ],
  [
    "kinds",
    shape.kinds({ a: shape.string }, { one: { b: shape.boolean }, two: {} }),
    z.discriminatedUnion("type", [
      z.object({ a: z.string(), type: z.literal("one"), b: z.boolean() }),
      z.object({ a: z.string(), type: z.literal("two") }),
    ]),
  ],
];

const leaf = oneof(
  constantFrom<unknown>(
    undefined,
    null,
    true,
    0,
    1,
    1.5,
    2 ** 60,
    Number.NaN,
    Infinity,
    "",
    "a",
    "one",
    "two",
  ),
  string(),
  constantFrom<unknown>([], ["a"], [1], [null], {}, { c: 1 }, { c: null }, { c: "x", more: 1 }),
);
const document = oneof(
  leaf,
  jsonValue(),
  anything({ withNullPrototype: false }),
  record({ a: leaf, b: leaf, type: leaf, more: leaf }, { requiredKeys: [] }),
);

test.each(PAIRS)("%s", (_, { is, copy }, schema) => {
  assert(
    property(document, (value) => {
      const parsed = schema.safeParse(value);
      expect(is(value)).toBe(parsed.success);
      expect(parsed.success ? copy(value) : undefined).toEqual(parsed.data);
    }),
    { numRuns: 500 },
  );
});
