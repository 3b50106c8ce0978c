/** Secrets in every form, in whatever way a text was changed, and what a cut leaves of one. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Redactor } from "../../../src/core/redact.ts";

const SECRET = 'wJalr/X+"Utn FEMI';

function redactorOf(...secrets: readonly string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

const hex = (text: string): string => Buffer.from(text).toString("hex");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
const unicodeEscapes = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
const percents = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

describe("forms that are hidden as a whole", () => {
  test.each([
    ["as it is", SECRET],
    ["in capitals", SECRET.toUpperCase()],
    ["in JSON", inJson(SECRET)],
    ["in JSON within JSON", inJson(inJson(SECRET))],
    ["in JSON with slashes escaped", inJson(SECRET).replaceAll("/", "\\/")],
    ["in \\u escapes", unicodeEscapes(SECRET)],
    ["in \\u escapes in capitals", unicodeEscapes(SECRET).toUpperCase().replaceAll("\\U", "\\u")],
    ["in \\x escapes", unicodeEscapes(SECRET).replaceAll("\\u00", "\\x")],
    ["URL-encoded", encodeURIComponent(SECRET)],
    ["URL-encoded twice", encodeURIComponent(encodeURIComponent(SECRET))],
    ["URL-encoded to the last byte", percents(SECRET)],
    ["in a form", encodeURIComponent(SECRET).replaceAll("%20", "+")],
    ["JSON in a URL", encodeURIComponent(inJson(SECRET))],
    ["base64", base64(SECRET)],
    ["base64 without padding", base64url(SECRET)],
    ["base64 in a URL", encodeURIComponent(base64(SECRET))],
    ["hex", hex(SECRET)],
    ["hex in capitals", hex(SECRET).toUpperCase()],
    ["hex in pairs", hex(SECRET).replaceAll(/(..)(?!$)/g, "$1 ")],
    ["base64 broken into lines", base64(SECRET).replaceAll(/(.{5})/g, "$1\r\n   ")],
    ["with line breaks", SECRET.replaceAll(/(.{4})/g, "$1\n")],
    ["with zero-width characters", SECRET.replaceAll(/(.)(?!$)/g, "$1\u200b\u2060")],
    ["with control characters", SECRET.replaceAll(/(.)(?!$)/g, "$1\u0000\u0085\u007f")],
    ["with colours", SECRET.replaceAll(/(.)(?!$)/g, "$1\u001b[31;1m\u009b0m")],
    ["with bidirectional marks and separators", SECRET.replaceAll(/(.)(?!$)/g, "$1\u202e\u2028")],
    ["with tags beyond the basic plane", SECRET.replaceAll(/(.)(?!$)/g, "$1\u{e0041}")],
    ["with escaped line breaks", SECRET.replaceAll(/(.{4})/g, "$1\\n")],
    ["with escaped zero-width characters", SECRET.replaceAll(/(.)(?!$)/g, "$1\\u200b")],
    ["with percent-encoded soft hyphens", percents(SECRET).replaceAll(/(?!^)%/g, "%c2%ad%")],
    [
      "with percent-encoded zero-width characters",
      percents(SECRET).replaceAll(/(?!^)%/g, "%e2%80%8B%"),
    ],
    ["with percent-encoded marks of Arabic", percents(SECRET).replaceAll(/(?!^)%/g, "%e0%a2%90%")],
    [
      "with percent-encoded marks of music",
      percents(SECRET).replaceAll(/(?!^)%/g, "%f0%9d%85%b3%"),
    ],
    ["with percent-encoded tags", percents(SECRET).replaceAll(/(?!^)%/g, "%f3%a0%81%81%")],
    ["with percent-encoded blanks", SECRET.replaceAll(/(.)(?!$)/g, "$1%0d%0A%7F%20")],
  ])("%s", (_what, form) => {
    expect(redactorOf(SECRET).redact(`a ${form} b`)).toBe("a [redacted] b");
  });

  test.each([
    "pässwört ключ",
    "key-🔑-🗝-value",
    "日本語の秘密の鍵です",
    "\ud83d\u200b\udd11 two halves",
    // The first and last of each length in UTF-8 and UTF-16.
    "\u07ff\u0800\uffff\u{10000}\u{103ff} key",
  ])("beyond ASCII: %s", (secret) => {
    const forms = [
      secret,
      unicodeEscapes(secret),
      unicodeEscapes(secret).replaceAll("\\", "\\\\"),
      percents(secret),
      hex(secret),
      base64(secret),
    ];
    for (const form of forms)
      expect(redactorOf(secret).redact(`a ${form} b`)).toBe("a [redacted] b");
  });

  test.each([
    ["a backslash and a letter of an escape", "C:\\new\\u0041bc\\d"],
    ["a percent sign and digits", "100%41%zz%25%"],
    ["dots only", "........."],
  ])("a secret of %s", (_what, secret) => {
    const redactor = redactorOf(secret);
    for (const form of [
      secret,
      inJson(secret),
      encodeURIComponent(secret),
      hex(secret),
      base64(secret),
    ])
      expect(redactor.redact(`x ${form} z`)).toBe("x [redacted] z");
  });

  test("base64 at every alignment, in both alphabets: at most a digit at each end that others share", () => {
    for (const encode of [base64, base64url]) {
      for (const before of ["", "u", "us", "usr"]) {
        for (const after of ["", "x", "xy", "xyz"]) {
          const text = encode(`${before}${SECRET}${after}`);
          const clean = redactorOf(SECRET).redact(text);
          expect(clean).toContain("[redacted]");
          const kept = clean.replace("[redacted]", "");
          const foreign =
            Math.ceil((before.length * 8) / 6) + Math.ceil((after.length * 8) / 6) + 4;
          expect(kept.length).toBeLessThanOrEqual(foreign);
        }
      }
    }
  });

  test("a capital is a small letter in base64, too", () => {
    expect(redactorOf(SECRET).redact(base64(SECRET).toLowerCase())).toBe("[redacted]");
  });
});

describe("parts", () => {
  test.each([
    ["eight characters from the beginning", SECRET.slice(0, 8), "[redacted]"],
    ["seven", SECRET.slice(0, 7), SECRET.slice(0, 7)],
    ["all but the last", SECRET.slice(0, -1), "[redacted]"],
    ["eight from the end, a blank in them", SECRET.slice(-8), "[redacted]"],
    ["seven from the end", SECRET.slice(-7), SECRET.slice(-7)],
    ["all but the first", SECRET.slice(1), "[redacted]"],
    ["the middle", SECRET.slice(4, 14), SECRET.slice(4, 14)],
    ["in hex", hex(SECRET.slice(0, 8)), "[redacted]"],
    ["in hex, seven", hex(SECRET.slice(0, 7)), hex(SECRET.slice(0, 7))],
    ["the end in hex", hex(SECRET.slice(-8)), "[redacted]"],
    ["in JSON", inJson(SECRET.slice(0, 10)), "[redacted]"],
    ["the end URL-encoded", encodeURIComponent(SECRET.slice(-9)), "[redacted]"],
    [
      "the beginning and the end",
      `${SECRET.slice(0, 9)}|${SECRET.slice(-9)}`,
      "[redacted]|[redacted]",
    ],
    [
      "more of it after a false start",
      `${SECRET.slice(0, 5)}${SECRET.slice(0, 9)}`,
      `${SECRET.slice(0, 5)}[redacted]`,
    ],
  ])("%s", (_what, part, clean) => {
    expect(redactorOf(SECRET).redact(`key <${part}>`)).toBe(`key <${clean}>`);
  });

  test("in base64 at every alignment", () => {
    for (const before of ["", "u", "us"]) {
      for (const part of [SECRET.slice(0, 8), SECRET.slice(-8)]) {
        const clean = redactorOf(SECRET).redact(base64(`${before}${part}`));
        expect(clean.replace("[redacted]", "").length).toBeLessThanOrEqual(before.length + 4);
      }
    }
  });

  test("of a URL: what is behind its scheme, for with that every other one begins", () => {
    const key = {
      auth_uri: "https://accounts.example/o/auth",
      hook: "https://hooks.example/T0/B0/x",
    };
    for (const secret of [JSON.stringify(key), key.hook]) {
      const redactor = redactorOf(secret);
      const url = "https://abc-9010.dstack.example/health";
      for (const text of [url, encodeURIComponent(url), base64("https://"), hex("https://")])
        expect(redactor.redact(text)).toBe(text);
      expect(redactor.redact(`<${key.hook}> <https://hooks.ex>`)).toBe("<[redacted]> <[redacted]>");
      expect(redactor.redact("https://hooks…")).toBe("https://hooks…");
      expect(redactor.redact("https://hooks.…")).toBe("[redacted]…");
    }
    expect(redactorOf("db://a:pw1").redact("db://a:pw1 db://a:pw")).toBe("[redacted] db://a:pw");
  });

  test("of a secret of fewer than eight characters: nothing but the whole", () => {
    expect(redactorOf("s3cr3t!").redact("s3cr3t! s3cr3t 3cr3t!")).toBe("[redacted] s3cr3t 3cr3t!");
  });

  test("that overlap, or touch, are one", () => {
    expect(redactorOf("abcdefgh1234", "1234efghijkl").redact("abcdefgh1234efghijkl.")).toBe(
      "[redacted].",
    );
    expect(redactorOf("abcdefgh", "ijklmnop").redact("abcdefghijklmnop.")).toBe("[redacted].");
  });

  test("that begin several secrets, and end none, are one as well", () => {
    const redactor = redactorOf("abcdefgh1234-one", "1234efghijkl-two");
    expect(redactor.redact("abcdefgh1234efghijkl.")).toBe("[redacted].");
    const touching = redactorOf("abcdefgh-then", "then-ijklmnop");
    expect(touching.redact("abcdefghijklmnop.")).toBe("[redacted].");
  });

  test("before a cut: the beginning of a secret within that of another", () => {
    const redactor = redactorOf("https://abcdefgh-one", "//abcdefgh-two");
    expect(redactor.redact("<https://abcd…>")).toBe("<https:[redacted]…>");
  });

  test("of each length are judged for themselves, however much of the secret is near", () => {
    const [six, five] = [SECRET.slice(0, 6), SECRET.slice(0, 5)];
    expect(redactorOf(SECRET).redact(`${six}… ${five}…`)).toBe(`[redacted]… ${five}…`);
    const [last6, last5] = [SECRET.slice(-6), SECRET.slice(-5)];
    expect(redactorOf(SECRET).redact(`…${last6} …${last5}`)).toBe(`…[redacted] …${last5}`);
    expect(redactorOf(SECRET).redact(`${SECRET} ${SECRET.slice(0, 7)}`)).toBe(
      `[redacted] ${SECRET.slice(0, 7)}`,
    );
  });

  test("a beginning within another secret's beginning", () => {
    expect(redactorOf("aabbccddeeff", "bbccddee-other").redact("<aabbccddX> <xbbccddee->")).toBe(
      "<[redacted]X> <x[redacted]>",
    );
  });
});

test("of several lines: each of them, without the blanks around it", () => {
  const redactor = redactorOf("  first line\r\nsecond line\n");
  expect(redactor.redact("> first line\n> second line")).toBe("> [redacted]\n> [redacted]");
});

test.each(["\n", "\r\n", "\r"])(
  "of lines that %j separates: one in the middle, too",
  (separator) => {
    const redactor = redactorOf(["-- begin --", "middle12", "--- end ---"].join(separator));
    expect(redactor.redact("> middle12")).toBe("> [redacted]");
  },
);

describe("escapes that are broken", () => {
  const plain = "abcdefgh";
  const wide = "\uff41\uff42\uff43\uff44\uff45\uff46\uff47\uff48";

  test.each([
    ["the second half of a character behind it", `${unicodeEscapes(plain)}\\udd11`, plain],
    ["the first half of a character before it", `\\ud83d${unicodeEscapes(plain)}`, plain],
    [
      "the first half before characters beyond the surrogates",
      `\\ud83d${unicodeEscapes(wide)}`,
      wide,
    ],
    [
      "the first half before letters that no backslash makes an escape",
      "\\ud83dudd11xyz",
      "udd11xyz",
    ],
    ["the first half before another escape", "\\ud83d\\adc00bcd", "adc00bcd"],
    ["a percent sign without digits", `%${plain}%`, plain],
    ["an escape without digits", `\\u${plain}\\x`, plain],
    ["backslashes at the end", `${plain}\\\\`, plain],
  ])("%s", (_what, text, secret) => {
    const clean = redactorOf(secret).redact(`(${text})`);
    expect(clean).toContain("[redacted]");
    // Nothing of it is left, in any form: what stands around it is at most the other half, or what breaks the escape.
    expect(clean.replace("[redacted]", "")).toMatch(
      /^\((?:\\?u?d83d|%|\\u?)?(?:\\udd11|%|\\x|\\\\)?\)$/,
    );
  });

  test.each([1, 2, 251, 5000])("%i backslashes before it go with it", (count) => {
    expect(redactorOf(plain).redact(`${"\\".repeat(count)}u0061bcdefgh`)).toBe("[redacted]");
  });

  test("of JSON right before and right behind a secret stay", () => {
    expect(redactorOf(plain).redact(`x\\n${plain}\\n`)).toBe("x\\n[redacted]\\n");
    expect(redactorOf(plain).redact(`x\\u000a${plain}\\u000a`)).toBe("x\\u000a[redacted]\\u000a");
  });
});

test("shorter than six characters: shown", () => {
  expect(redactorOf("12345", "      ", "", " 1234 ").redact("in 12345 ms,      late")).toBe(
    "in 12345 ms,      late",
  );
  expect(redactorOf("123456").redact("in 123456 ms")).toBe("in [redacted] ms");
});

test("a whole secret in a text is told from a beginning that is a word", () => {
  const redactor = new Redactor();
  redactor.add("registry-token/canary");
  expect(redactor.redact("registry")).not.toBe("registry");
  expect(redactor.holdsWhole("services: { registry: {} }")).toBe(false);
  expect(redactor.holdsWhole("TOKEN: registry-token/canary")).toBe(true);
  redactor.add("  another secret\n");
  expect(redactor.holdsWhole("TOKEN: registry-token/canary")).toBe(true);
  expect(redactor.holdsWhole("TOKEN: another secret")).toBe(true);
  expect(redactor.holdsWhole("TOKEN: another")).toBe(false);
});

test("nothing to hide, and secrets that come later", () => {
  const redactor = redactorOf();
  expect(redactor.redact(SECRET)).toBe(SECRET);
  redactor.add("another secret");
  expect(redactor.redact(SECRET)).toBe(SECRET);
  redactor.add(SECRET);
  redactor.add(undefined);
  expect(redactor.redact(`${SECRET}, another secret`)).toBe("[redacted], [redacted]");
});

describe("what was revealed", () => {
  test("is shown, wherever it stands", () => {
    const redactor = redactorOf("phak_sandbox_1234", SECRET);
    expect(redactor.redact("phak_sandbox_1234")).toBe("[redacted]");
    redactor.reveal("phak_sandbox_1234");
    redactor.reveal("");
    expect(redactor.redact(`phak_sandbox_1234 ${SECRET} phak_sandbox_1234`)).toBe(
      "phak_sandbox_1234 [redacted] phak_sandbox_1234",
    );
  });

  test("is shown where a secret begins as it does, and nothing of that secret", () => {
    const redactor = redactorOf("phak_sandbox_5678");
    redactor.reveal("phak_sandbox_1234");
    expect(redactor.redact("phak_sandbox_1234, phak_sandbox_5678, phak_sandbox_")).toBe(
      "phak_sandbox_1234, [redacted], [redacted]",
    );
  });

  test("is shown with blanks around it, and next to others", () => {
    const redactor = redactorOf("phak_sandbox_1234", "phak_sandbox_5678");
    redactor.reveal("phak_sandbox_1234\n");
    expect(redactor.redact("<phak_sandbox_1234\n>")).toBe("<phak_sandbox_1234\n>");
    redactor.reveal("phak_sandbox_0000");
    expect(redactor.redact("phak_sandbox_0000 phak_sandbox_1234\n")).toBe(
      "phak_sandbox_0000 phak_sandbox_1234\n",
    );
  });

  test("is shown where a secret ends as it does", () => {
    const redactor = redactorOf("xyz_sandbox_1234");
    redactor.reveal("phak_sandbox_1234");
    expect(redactor.redact("phak_sandbox_1234")).toBe("phak_sandbox_1234");
  });

  test("does not show what begins before it", () => {
    const redactor = redactorOf("key=phak!");
    redactor.reveal("phak_sandbox_1234");
    expect(redactor.redact("key=phak_sandbox_1234")).toBe("[redacted]_sandbox_1234");
  });

  test("does not show a secret within it", () => {
    const redactor = redactorOf("another secret", "sandbox_1234");
    redactor.reveal("http://sandbox_1234@127.0.0.1");
    expect(redactor.redact("http://sandbox_1234@127.0.0.1")).toBe("http://[redacted]@127.0.0.1");
  });
});

describe("a text that was cut within a secret", () => {
  test.each([
    ["with an ellipsis", `key ${SECRET.slice(0, 7)}…`, "key [redacted]…"],
    ["with three dots", `key ${SECRET.slice(0, 6)}... (more)`, "key [redacted]... (more)"],
    ["before it", `... ${SECRET.slice(-6)} (more)`, "... [redacted] (more)"],
    ["before it, with an ellipsis", `…${SECRET.slice(-7)}`, "…[redacted]"],
    ["in base64", `key ${base64(SECRET).slice(0, 8)}…`, "key [redacted]…"],
    ["in hex", `key ${hex(SECRET).slice(0, 12)}...`, "key [redacted]..."],
    ["twice", `${SECRET.slice(0, 6)}… and ${SECRET.slice(0, 12)}…`, "[redacted]… and [redacted]…"],
  ])("%s", (_what, text, clean) => {
    expect(redactorOf(SECRET, "another secret").redact(text)).toBe(clean);
  });

  test.each([
    ["too little of it", `key ${SECRET.slice(0, 5)}…`],
    ["too little of its end", `…${SECRET.slice(-5)}`],
    ["something in between", `key ${SECRET.slice(0, 7)}, …`],
    ["no cut", `key ${SECRET.slice(0, 7)}`],
    ["two dots", `key ${SECRET.slice(0, 7)}.. or ..${SECRET.slice(-7)}`],
    ["other punctuation", `key ${SECRET.slice(0, 7)}‥ or ‥${SECRET.slice(-7)}`],
  ])("%s: left", (_what, text) => {
    expect(redactorOf(SECRET).redact(text)).toBe(text);
  });

  test("a longer beginning within what a shorter one covers", () => {
    expect(redactorOf("aaaaaaaabcdefgh").redact("xaaaaaaaaabcd!")).toBe("x[redacted]!");
  });

  test("the earliest beginning counts where a secret repeats itself", () => {
    expect(redactorOf("abcabcabcabcX").redact("abcabc…")).toBe("[redacted]…");
  });
});

describe("JSON that is redacted as one text stays JSON", () => {
  test.each([
    ["a secret that ends with a backslash", "secret\\", { a: "secret\\", b: 'secret\\"' }],
    ["a secret that begins like an escape", "nabcdefgh", { a: "\nabcdefgh", b: "\\nabcdefgh" }],
    ["a secret that begins within an escape", "1abcdefgh", { a: "\u0001abcdefgh", b: "1abcdefgh" }],
    ["a secret that ends within an escape", "abcdefg\\u00", { a: "abcdefg\u0001 b", b: "x" }],
    ["a secret with quotes", '"abc"def"', { a: '"abc"def"', b: 'x"abc"def"' }],
    ["a number", "12345678", { a: 123456789, b: "12345678" }],
    ["what would go over the bounds of a string", 'secret","b', { a: "secret", b: "b" }],
  ])("%s", (_what, secret, document) => {
    const clean = redactorOf(secret).redact(` ${JSON.stringify(document, null, 1)}\n`);
    expect(clean).not.toContain(JSON.stringify(secret));
    expect(Object.keys(JSON.parse(clean) as object)).toEqual(["a", "b"]);
  });

  test("whatever the secret, and with every part of it", () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from('ab\\"nu001/\n\u0001')),
      minLength: 8,
      maxLength: 24,
    });
    fc.assert(
      fc.property(text, text, fc.nat({ max: 15 }), (secret, other, cut) => {
        const strings = [
          secret,
          `${other}${secret}`,
          `${secret}${other}`,
          secret.slice(cut),
          secret.slice(0, -cut),
        ];
        const clean = redactorOf(secret).redact(JSON.stringify(strings));
        expect(() => JSON.parse(clean) as unknown).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});

test("backslashes only", () => {
  expect(redactorOf("\\".repeat(7)).redact(`x ${"\\".repeat(14)} y`)).toBe("x [redacted] y");
});

describe("for any secret", () => {
  const secret = fc
    .string({ unit: "binary", minLength: 8, maxLength: 60 })
    .filter(
      (text) =>
        text.replaceAll(/[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\\]/gu, "").length >= 8,
    );
  const around = fc.string({
    unit: fc.constantFrom(...Array.from("abc 19\n\\%/.…")),
    maxLength: 30,
  });
  const form = fc.constantFrom(
    (text: string) => text,
    inJson,
    (text: string) => inJson(inJson(text)),
    encodeURIComponent,
    unicodeEscapes,
    percents,
    hex,
    (text: string) => hex(text).toUpperCase(),
    base64,
    base64url,
  );

  test("no form of it is left, and the text around it is", () => {
    const other = redactorOf("nothing of this");
    fc.assert(
      fc.property(secret, form, around, (value, encode, text) => {
        const line = `<${text}> <${encode(value)}> <${text}>`;
        const clean = redactorOf(value).redact(line);
        expect(clean).toContain("[redacted]");
        expect(clean).not.toContain(encode(value.trim()));
        expect(other.redact(line)).toBe(line);
      }),
      { numRuns: 200 },
    );
  });

  test("invisible characters, blanks and line breaks within it don't help", () => {
    const between = fc.constantFrom(
      "",
      "\n",
      "\u200b",
      "\u0007",
      "\r\n  ",
      "\u001b[1m",
      "\u00ad",
      "\u2066",
    );
    fc.assert(
      fc.property(secret, fc.array(between, { minLength: 60, maxLength: 60 }), (value, breaks) => {
        const spread = Array.from(value, (character, at) => `${character}${breaks[at] ?? ""}`).join(
          "",
        );
        const clean = redactorOf(value).redact(`a ${spread} b`);
        const visible = clean.replaceAll(
          /[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu,
          "",
        );
        expect(visible.replaceAll("[1m", "")).toBe("a[redacted]b");
      }),
      { numRuns: 200 },
    );
  });

  test("every beginning and end of eight characters or more goes", () => {
    const plain = fc.string({
      unit: fc.constantFrom(...Array.from("abcXYZ019/+=-_")),
      minLength: 9,
      maxLength: 40,
    });
    fc.assert(
      fc.property(plain, fc.nat(), fc.boolean(), (value, cut, fromEnd) => {
        const count = 8 + (cut % (value.length - 8));
        const part = fromEnd ? value.slice(-count) : value.slice(0, count);
        expect(redactorOf(value).redact(`(${part})`)).toBe("([redacted])");
      }),
      { numRuns: 300 },
    );
  });

  test("a JSON document stays one when its strings are redacted", () => {
    fc.assert(
      fc.property(secret, fc.json(), (value, document) => {
        const redactor = redactorOf(value);
        const clean = JSON.stringify(JSON.parse(document), (_key, item: unknown) =>
          typeof item === "string" ? redactor.redact(item + value) : item,
        );
        expect(() => JSON.parse(clean) as unknown).not.toThrow();
        expect(JSON.stringify(clean)).not.toContain(JSON.stringify(value));
      }),
    );
  });
});

test("long texts take time in proportion to their length, whatever they repeat", () => {
  const redactor = redactorOf(
    SECRET,
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  );
  for (const unit of [SECRET.slice(0, 7), "a", "\\", "%25", "%", "\u001b[", "a...", `${SECRET} `]) {
    const text = unit.repeat(500_000 / unit.length);
    const clean = redactor.redact(text);
    expect(clean.length).toBeLessThanOrEqual(text.length);
  }
});

test("millions of blanks in a row", () => {
  const blanks = " ".repeat(10_000_000);
  expect(redactorOf(SECRET).redact(`${blanks}${SECRET}`)).toBe(`${blanks}[redacted]`);
});

test("the text is the secret; parts that touch; numbers of a document that hold none", () => {
  expect(redactorOf("123456").redact("123456")).toBe("[redacted]");
  expect(redactorOf("abcdefgh", "ijklmnop").redact("abcdefghijklmnop")).toBe("[redacted]");
  const document = '{"a": 1234567, "b": 42, "c": true, "d": "x 1234567"}';
  expect(redactorOf("1234567").redact(document)).toBe(
    '{"a": "[redacted]", "b": 42, "c": true, "d": "x [redacted]"}',
  );
});

test("a secret that is a document: each text in it, in whatever document it comes back", () => {
  const account = { type: "account", list: [{ key: "-----BEGIN-----\nMIIabcdefgh\nijklmnop\n" }] };
  const redactor = redactorOf(JSON.stringify(account, null, 2));
  for (const text of [JSON.stringify(account), JSON.stringify({ a: account }), "x MIIabcdefgh y"])
    expect(redactor.redact(text)).not.toMatch(/account"|MIIabc|ijklm/);
  expect(JSON.parse(redactor.redact(JSON.stringify(account)))).toHaveProperty("list");
});
