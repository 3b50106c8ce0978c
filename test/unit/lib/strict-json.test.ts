/** JSON that hashes alike everywhere, and what does not. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../src/core/compose-hash.ts";
import { parseStrictJson } from "../../../src/lib/strict-json.ts";

test.each([
  ["a key twice", '{"a":1,"b":{"a":1},"a":2}', /"a" occurs twice/],
  ["a key twice, once escaped", String.raw`{"ab":1,"\u0061b":2}`, /"ab" occurs twice/],
  ["__proto__", '{"x":{"__proto__":{}}}', /"__proto__"/],
  ["a number as key", '{"b":1,"10":2}', /"10" is a number/],
  ["an astral key", '{"😀":1}', /sorted differently/],
  ["a float without a fraction", '{"a":1.0}', /number 1\.0/],
  ["an exponent", "[1e3]", /number 1e3/],
  ["a small fraction", "[0.00001]", /number 0\.00001/],
  ["more digits than there are", "[0.10000000000000000001]", /number/],
  ["an integer beyond 2^53", "[9007199254740993]", /number 9007199254740993/],
  ["2^53 itself", "[9007199254740992]", /number/],
  ["minus nothing", "[-0]", /number -0/],
  ["half a surrogate pair", String.raw`["\ud800"]`, /surrogate/],
  ["too deep a nesting", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, /64 levels/],
  ["too much of it", `["${"x".repeat(3_000_000)}"]`, /larger than/],
  ["half of it", '{"a":', /not valid JSON/],
  ["a byte order mark", "\uFEFF{}", /not valid JSON/],
])("%s is refused", (_what, text, problem) => {
  expect(parseStrictJson(text)).toEqual({ problem: expect.stringMatching(problem) as unknown });
  expect(parseStrictJson(Buffer.from(text))).toHaveProperty("problem");
});

test("bytes that are not UTF-8 are refused", () => {
  const text = Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]);
  expect(parseStrictJson(text)).toEqual({ problem: expect.stringMatching(/UTF-8/) as unknown });
});

test.each([
  '{"a":[1,-2,0.5,123.25,true,null,"1.0 __proto__ {\\"a\\":1} \\\\"],"constructor":{"é":"😀"}}',
  "9007199254740991",
  `${"[".repeat(64)}${"]".repeat(64)}`,
])("%s is read as it is", (text) => {
  expect(parseStrictJson(text)).toEqual({ value: JSON.parse(text) as unknown });
});

/** Keys and values that both languages hash alike. */
const key = fc.string().filter((text) => text !== "__proto__" && !/^\d+$/.test(text));
const leaf = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie("document")),
    fc.dictionary(key, tie("document"), { noNullPrototype: true }),
  ),
}));

test("whatever has no such thing in it is read, and its canonical text is a fixed point", () => {
  fc.assert(
    fc.property(document, fc.constantFrom(0, 2), (value, indent) => {
      const read = parseStrictJson(JSON.stringify(value, undefined, indent));
      expect(read).toEqual({ value: JSON.parse(JSON.stringify(value)) as unknown });
      const canonical = canonicalJson("value" in read ? read.value : undefined);
      const again = parseStrictJson(canonical);
      expect(canonicalJson("value" in again ? again.value : undefined)).toBe(canonical);
    }),
  );
});

test("a key twice is found wherever it is", () => {
  fc.assert(
    fc.property(document, key, fc.integer({ min: 0, max: 3 }), (value, name, depth) => {
      const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
      const text = `${'[{"x":'.repeat(depth)}{${member},"other key":[],${member}}${"}]".repeat(depth)}`;
      expect(parseStrictJson(text)).toHaveProperty("problem");
    }),
  );
});

test("a number is read only if it is printed as it was written", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const property = fc.property(number, (value) => {
    const read = parseStrictJson(`[${JSON.stringify(value)}]`);
    return "problem" in read || /^\[-?\d+(?:\.\d+)?\]$/.test(JSON.stringify(read.value));
  });
  expect(fc.check(property).failed).toBe(false);
});
