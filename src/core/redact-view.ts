/**
 * A text as the search for secrets sees it: without invisible characters and without what a layout adds (control
 * characters, escape sequences, blanks, line breaks), and, for each byte, where it stands in the text.
 */

export type View = {
  /** UTF-8, as one character per byte. */
  readonly bytes: string;
  /** Per byte: indexes in the text of the character, or of the escape, that it comes from; the end is exclusive. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
};

const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]`;
/** Of terminals: colours, cursor movements. */
const ESCAPE_SEQUENCE = String.raw`(?:\u001b\[|\u009b)[0-?]*[ -\/]*[@-~]`;
/** Bounded: V8 remembers each repetition, and throws after some millions. */
const HIDDEN = new RegExp(`(?:${ESCAPE_SEQUENCE}|${INVISIBLE}){1,999}`, "gu");
const HOLDS_INVISIBLE = new RegExp(INVISIBLE, "u");

class ViewBuilder implements View {
  bytes = "";
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Bytes that come from one place of the text. */
  add(bytes: string, start: number, end: number): void {
    this.bytes += bytes;
    for (let at = 0; at < bytes.length; at += 1) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }

  /** The characters of `text` from `start`, each of which is visible. */
  addText(text: string, start: number, end: number): void {
    this.bytes += utf8(text.slice(start, end));
    for (let at = start; at < end;) {
      const code = text.codePointAt(at) ?? 0;
      const next = at + (code > 0xffff ? 2 : 1);
      for (let left = utf8Length(code); left > 0; left -= 1) {
        this.starts.push(at);
        this.ends.push(next);
      }
      at = next;
    }
  }

  addView({ bytes, starts, ends }: View, from: number, to: number): void {
    this.bytes += bytes.slice(from, to);
    for (let at = from; at < to; at += 1) {
      this.starts.push(starts[at] ?? 0);
      this.ends.push(ends[at] ?? 0);
    }
  }
}

export const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  return code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** The text as it stands. */
export function plainView(text: string): View {
  const view = new ViewBuilder();
  let at = 0;
  for (const { 0: hidden, index } of text.matchAll(HIDDEN)) {
    view.addText(text, at, index);
    at = index + hidden.length;
  }
  view.addText(text, at, text.length);
  return view;
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

/** Each match replaced; what it is replaced with comes from the place of the whole match. */
function replaced(
  view: View,
  pattern: RegExp,
  decode: (match: readonly (string | undefined)[] & { readonly 0: string }) => string,
): View {
  const result = new ViewBuilder();
  let at = 0;
  for (const match of view.bytes.matchAll(pattern)) {
    result.addView(view, at, match.index);
    const start = view.starts[match.index] ?? 0;
    at = match.index + match[0].length;
    result.add(decode(match), start, view.ends[at - 1] ?? 0);
  }
  if (at === 0) return view;
  result.addView(view, at, view.bytes.length);
  return result;
}
