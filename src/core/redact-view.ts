/**
 * A text as the search for secrets sees it: without invisible characters and without what a layout adds (control
 * characters, escape sequences, blanks, line breaks), and, for each byte, where it stands in the text.
 */
import { once } from "../lib/once.ts";

export type View = {
  /** UTF-8, as one character per byte. */
  readonly bytes: string;
  /** Computed on request: it takes longer than the bytes, and few texts hold a secret. */
  readonly places: () => Places;
};

/** Per byte: indexes in the text of the character, or of the escape, that it comes from; the end is exclusive. */
type Places = { readonly starts: Uint32Array; readonly ends: Uint32Array };

type Match = readonly (string | undefined)[] & { readonly 0: string };

const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]`;
/** Of terminals: colours, cursor movements. */
const ESCAPE_SEQUENCE = String.raw`(?:\u001b\[|\u009b)[0-?]*[ -\/]*[@-~]`;
/** Bounded: V8 remembers each repetition, and throws after some millions. */
const HIDDEN = new RegExp(`(?:${ESCAPE_SEQUENCE}|${INVISIBLE}){1,999}`, "gu");
const HOLDS_INVISIBLE = new RegExp(INVISIBLE, "u");

// oxlint-disable-next-line no-control-regex -- ASCII begins with one
const BEYOND_ASCII = /[^\0-\x7f]/gu;

export const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

/** The text as it stands. */
export function plainView(text: string): View {
  const places = (): Places => ({
    starts: new Uint32Array(text.length).map((_, at) => at),
    ends: new Uint32Array(text.length).map((_, at) => at + 1),
  });
  // Two halves of a character must not join when what separates them is removed.
  const original = { bytes: text.toWellFormed(), places };
  const visible = replaced(original, HIDDEN, () => "", original.bytes.replaceAll(HIDDEN, ""));
  return replaced(visible, BEYOND_ASCII, ([character]) => utf8(character), utf8(visible.bytes));
}

/** `%2f`, `%252f`, ... */
const PERCENT_ESCAPE = /%(?:25)*([\da-f]{2})/gi;
const UTF8_CHARACTER =
  /[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}/g;
/** Backslashes, and behind them `u002f`, `x2f`, a letter for a control character, or any other character. */
const BACKSLASH_ESCAPE =
  /\\+(?:u([Dd][89ABab][\dA-Fa-f]{2})\\+u([Dd][C-Fc-f][\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|x([\dA-Fa-f]{2})|[bfnrtv]|([^]))?/g;

/**
 * With percent-encoding and backslash escapes (`\/`, `\"`, `\n`, `\u002f`) undone, however often they were applied;
 * other backslashes are dropped. Undefined where there is nothing to undo.
 */
export function decodedView(view: View): View | undefined {
  if (!/[%\\]/.test(view.bytes)) return undefined;
  const withoutPercents = replaced(view, PERCENT_ESCAPE, ([, digits]) => {
    const byte = characterOf(digits);
    return byte <= " " || byte === "\u007f" ? "" : byte;
  });
  const visible = replaced(withoutPercents, UTF8_CHARACTER, ([bytes]) =>
    HOLDS_INVISIBLE.test(Buffer.from(bytes, "latin1").toString()) ? "" : bytes,
  );
  return replaced(visible, BACKSLASH_ESCAPE, ([, high, low, code, byte, literal = ""]) => {
    const decoded = [high, low, code ?? byte].map(characterOf).join("");
    if (decoded === "") return literal;
    return HOLDS_INVISIBLE.test(decoded) ? "" : utf8(decoded);
  });
}

const characterOf = (digits: string | undefined): string =>
  digits === undefined ? "" : String.fromCharCode(Number.parseInt(digits, 16));

/**
 * Each match replaced; what it is replaced with comes from the place of the whole match.
 *
 * @param bytes the result, where there is a faster way to it
 */
function replaced(
  view: View,
  pattern: RegExp,
  decode: (match: Match) => string,
  bytes = view.bytes.replaceAll(pattern, (...match: [string]) => decode(match)),
): View {
  return { bytes, places: once(() => placesAfter(view, pattern, decode, bytes.length)) };
}

function placesAfter(
  view: View,
  pattern: RegExp,
  decode: (match: Match) => string,
  length: number,
): Places {
  const before = view.places();
  const [starts, ends] = [new Uint32Array(length), new Uint32Array(length)];
  let [from, to] = [0, 0];
  const copyUntil = (end: number): void => {
    starts.set(before.starts.subarray(from, end), to);
    ends.set(before.ends.subarray(from, end), to);
    to += end - from;
  };
  for (const match of view.bytes.matchAll(pattern)) {
    copyUntil(match.index);
    from = match.index + match[0].length;
    const after = to + decode(match).length;
    starts.fill(before.starts[match.index] ?? 0, to, after);
    ends.fill(before.ends[from - 1] ?? 0, to, after);
    to = after;
  }
  copyUntil(view.bytes.length);
  return { starts, ends };
}
