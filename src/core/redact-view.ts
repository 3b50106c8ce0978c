/**
 * A text as the search for secrets sees it: UTF-8 bytes without what nobody sees or a layout adds (control characters,
 * escape sequences, blanks, line breaks, zero-width characters), and for each byte where in the text it comes from.
 */

export type View = {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Index in the text of the character, or of the escape, that a byte comes from. */
  readonly starts: Uint32Array;
  /** Of that character or escape, in UTF-16 code units. */
  readonly widths: Uint8Array;
};

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const LONGEST_ESCAPE = 255;

/** Of terminals: colours, cursor movements. */
// oxlint-disable-next-line no-control-regex -- they begin with one
const ESCAPE_SEQUENCE = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/y;
/** Made when a text has something beyond ASCII: it takes a while. */
const holdsInvisible = (text: string): boolean =>
  /[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(text);

class ViewBuilder implements View {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly widths: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.starts = new Uint32Array(capacity);
    this.widths = new Uint8Array(capacity);
  }

  byte(byte: number, start: number, width: number): void {
    this.bytes[this.length] = byte;
    this.starts[this.length] = start;
    this.widths[this.length] = width;
    this.length += 1;
  }

  /** Nothing for what is invisible. */
  character(code: number, start: number, width: number): void {
    if (isInvisible(code)) return;
    if (code < 0x80) return this.byte(code, start, width);
    if (code < 0x800) {
      this.byte(0xc0 | (code >> 6), start, width);
    } else {
      if (code < 0x10000) {
        this.byte(0xe0 | (code >> 12), start, width);
      } else {
        this.byte(0xf0 | (code >> 18), start, width);
        this.byte(0x80 | ((code >> 12) & 0x3f), start, width);
      }
      this.byte(0x80 | ((code >> 6) & 0x3f), start, width);
    }
    this.byte(0x80 | (code & 0x3f), start, width);
  }
}

function isInvisible(code: number): boolean {
  if (code < 0x80) return code <= 0x20 || code === 0x7f;
  return holdsInvisible(String.fromCodePoint(code));
}

/** The text as it is. */
export function plainView(text: string): View {
  const view = new ViewBuilder(3 * text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    if (code === 0x1b || code === 0x9b) {
      at += escapeSequenceAt(text, at);
      continue;
    }
    const width = code > 0xffff ? 2 : 1;
    view.character(code, at, width);
    at += width - 1;
  }
  return view;
}

/** @returns by how many code units the sequence is longer than one. */
function escapeSequenceAt(text: string, at: number): number {
  ESCAPE_SEQUENCE.lastIndex = at;
  return ESCAPE_SEQUENCE.test(text) ? ESCAPE_SEQUENCE.lastIndex - at - 1 : 0;
}

/**
 * With percent-encoding and backslash escapes (`\/`, `\"`, `\n`, `\u002f`) undone, however often they were applied;
 * a backslash that is left stands for nothing. Undefined where there is nothing to undo.
 */
export function decodedView(view: View): View | undefined {
  const { bytes, length } = view;
  const used = bytes.subarray(0, length);
  if (!used.includes(BACKSLASH) && !used.includes(PERCENT)) return undefined;
  return withoutBackslashes(withoutInvisible(withoutPercents(view)));
}

function withoutPercents(view: View): View {
  const { bytes, length } = view;
  const decoded = new ViewBuilder(length);
  for (let at = 0; at < length;) {
    const end = endOfPercents(bytes, at);
    const code = bytes[at] === PERCENT ? hexNumber(bytes, end - 2, 2) : -1;
    const [byte, next] = code === -1 ? [bytes[at] ?? 0, at + 1] : [code, end];
    if (byte > 0x20 && byte !== 0x7f)
      copyToken(view, at, next, (...where) => decoded.byte(byte, ...where));
    at = next;
  }
  return decoded;
}

/** Where the digits of `%2f`, `%252f`, ... end, if it is such an escape. */
function endOfPercents(bytes: Uint8Array, at: number): number {
  let digits = at + 1;
  while (
    bytes[digits] === 0x32 &&
    bytes[digits + 1] === 0x35 &&
    hexNumber(bytes, digits + 2, 2) !== -1
  )
    digits += 2;
  return digits + 2;
}

/** What percent-encoding has shown to be zero-width characters and the like. */
function withoutInvisible(view: View): View {
  const { bytes, length, starts, widths } = view;
  const visible = new ViewBuilder(length);
  for (let at = 0; at < length;) {
    const size = sizeOfCharacter(bytes[at] ?? 0);
    const character =
      size === 1 ? "" : Buffer.from(bytes.buffer, at, Math.min(size, length - at)).toString();
    const end = holdsInvisible(character) ? at + size : at;
    if (end === at) visible.byte(bytes[at] ?? 0, starts[at] ?? 0, widths[at] ?? 0);
    at = Math.max(end, at + 1);
  }
  return visible;
}

/** Of the UTF-8 character that begins with this byte; 1 also within one. */
function sizeOfCharacter(first: number): number {
  if (first < 0xc2) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function withoutBackslashes(view: View): View {
  const { bytes, length } = view;
  const decoded = new ViewBuilder(length);
  for (let at = 0; at < length;) {
    let from = at;
    while (bytes[from] === BACKSLASH) from += 1;
    const escaped = from > at ? escapedAt(bytes, from) : undefined;
    const next = escaped?.end ?? from + 1;
    const code = escaped?.code;
    if (code !== undefined) {
      copyToken(view, at, next, (...where) => decoded.character(code, ...where));
    } else if (from < length) {
      copyToken(view, at, next, (...where) => decoded.byte(bytes[from] ?? 0, ...where));
    }
    at = next;
  }
  return decoded;
}

/** What stands behind backslashes: `u002f`, `x2f`, or a letter for a control character. Undefined: itself. */
function escapedAt(bytes: Uint8Array, at: number): { code: number; end: number } | undefined {
  const letter = String.fromCharCode(bytes[at] ?? 0);
  if ("nrtbfv".includes(letter)) return { code: 0x0a, end: at + 1 };
  const digits = letter === "u" ? 4 : letter === "x" ? 2 : 0;
  const end = at + 1 + digits;
  const code = digits > 0 ? hexNumber(bytes, at + 1, digits) : -1;
  if (code === -1) return undefined;
  const low = code >= 0xd800 && code < 0xdc00 ? lowSurrogateAt(bytes, end) : undefined;
  return low
    ? { code: 0x10000 + ((code - 0xd800) << 10) + low.code - 0xdc00, end: low.end }
    : { code, end };
}

function lowSurrogateAt(bytes: Uint8Array, at: number): { code: number; end: number } | undefined {
  let from = at;
  while (bytes[from] === BACKSLASH) from += 1;
  const code = from > at && bytes[from] === 0x75 ? hexNumber(bytes, from + 1, 4) : -1;
  return code >= 0xdc00 && code < 0xe000 ? { code, end: from + 5 } : undefined;
}

/** Tells where the bytes `at` to `end` come from as one token; one that is too long is told by its end. */
function copyToken(
  { starts, widths }: View,
  at: number,
  end: number,
  tell: (start: number, width: number) => void,
): void {
  const start = starts[at] ?? 0;
  const behind = (starts[end - 1] ?? 0) + (widths[end - 1] ?? 0);
  if (behind - start <= LONGEST_ESCAPE) tell(start, behind - start);
  else tell(starts[end - 1] ?? 0, widths[end - 1] ?? 0);
}

/** -1 where these are no hex digits. */
function hexNumber(bytes: Uint8Array, at: number, digits: number): number {
  let number = 0;
  for (let index = at; index < at + digits; index += 1) {
    const byte = bytes[index] ?? 0;
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) number = number * 16 + byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) number = number * 16 + lower - 0x57;
    else return -1;
  }
  return number;
}
