/** The forms in which a secret may appear, folded for the search, and how much of each counts as shown. */
import { fold, reversed, type Pattern } from "./redact-search.ts";
import { decodedView, plainView, utf8 } from "./redact-view.ts";

/** Characters of a secret that may stand anywhere, and right before the mark of a cut. */
const SHOWN = 8;
const SHOWN_BEFORE_CUT = 6;

/** Every URL begins with one, so it does not count as shown. */
const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;

const BITS_IN_BASE64 = 6;

/** Those of `ends` are reversed. */
export type Patterns = {
  readonly beginnings: readonly Pattern[];
  readonly ends: readonly Pattern[];
};

/** Takes a number of bytes of the secret to that of a form's bytes. */
type Measure = (bytes: number) => number;

/** @param secrets of at least six characters each. */
export function patternsOf(secrets: Iterable<string>): Patterns {
  const all = [...secrets];
  return {
    beginnings: distinct(all.flatMap((secret) => formsOf(secret, false))),
    ends: distinct(all.flatMap((secret) => formsOf(secret, true))),
  };
}

/** Most secrets are the same in several forms. */
function distinct(patterns: readonly Pattern[]): readonly Pattern[] {
  return [...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values()];
}

function formsOf(secret: string, fromEnd: boolean): Pattern[] {
  const whole = utf8(secret);
  const characters = Array.from(secret);
  const more = fromEnd ? 0 : (SCHEME.exec(secret)?.[0].length ?? 0);
  const bytesOf = (count: number): number => {
    const part = fromEnd ? characters.slice(-count) : characters.slice(0, count);
    return Buffer.byteLength(part.join(""));
  };
  const [shown, beforeCut] = [bytesOf(more + SHOWN), bytesOf(more + SHOWN_BEFORE_CUT)];
  const pattern = (text: string, measure: Measure): Pattern => ({
    bytes: fold(fromEnd ? reversed(text) : text),
    minLength: measure(shown),
    minLengthBeforeCut: measure(beforeCut),
  });
  const part = (count: number): string =>
    Buffer.from(
      fromEnd ? whole.slice(whole.length - count) : whole.slice(0, count),
      "latin1",
    ).toString();
  return [
    ...TEXT_FORMS.flatMap((form) => {
      const text = form(secret);
      const measure: Measure = (count) =>
        Math.min(text.length, Math.max(1, form(part(count)).length));
      return text === "" ? [] : pattern(text, measure);
    }),
    pattern(Buffer.from(whole, "latin1").toString("hex"), (count) => count * 2),
    ...base64Forms(whole, fromEnd).map(([text, measure]) => pattern(text, measure)),
  ];
}

/** As it is, with its own escapes undone as they are in the texts, and with a plus for each blank. */
const TEXT_FORMS: readonly ((text: string) => string)[] = [
  (text) => plainView(text).bytes,
  (text) => (decodedView(plainView(text)) ?? plainView(text)).bytes,
  (text) => plainView(text.replaceAll(" ", "+")).bytes,
];

/** Three bytes are four digits: what stands before the secret shifts it by none, one or two bytes. */
function base64Forms(secret: string, fromEnd: boolean): (readonly [string, Measure])[] {
  const bytes = Buffer.from(secret, "latin1");
  const shifted = [0, 1, 2].map((shift) => {
    const digits = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // Digits that other bytes have a part in are left out.
    const first = digitsToStartOf(shift);
    const last = digitsUpTo(shift + bytes.length);
    const measure: Measure = (count) =>
      fromEnd
        ? last - digitsToStartOf(shift + bytes.length - count)
        : digitsUpTo(shift + count) - first;
    return [digits.slice(first, last), measure] as const;
  });
  const alone = [bytes.toString("base64"), bytes.toString("base64url")];
  return [...shifted, ...alone.map((text) => [text, () => text.length] as const)];
}

const digitsToStartOf = (byte: number): number => Math.ceil((byte * 8) / BITS_IN_BASE64);
const digitsUpTo = (byte: number): number => Math.floor((byte * 8) / BITS_IN_BASE64);
