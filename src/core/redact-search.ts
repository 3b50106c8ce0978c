/** Finds the beginnings of secrets in a text. Reversed, the texts of `redact-patterns` and the text itself give the ends. */

/** One form of a secret, folded with `fold`. */
export type Pattern = {
  readonly bytes: string;
  /** A beginning of this length counts anywhere. */
  readonly minLength: number;
  /** The same right before the mark of a cut (`…`, `...`). */
  readonly minLengthBeforeCut: number;
};

/** Half-open. */
export type Span = readonly [start: number, end: number];

/** `…` in UTF-8, and the same in reverse. */
const CUTS = ["...", "\u00e2\u0080\u00a6", "\u00a6\u0080\u00e2"];

/** Upper and lower case, and base64's two alphabets, are one: a text that changed them still tells the secret. */
export const fold = (bytes: string): string =>
  bytes.toLowerCase().replaceAll("-", "+").replaceAll("_", "/");

export const reversed = (bytes: string): string =>
  // oxlint-disable-next-line unicorn/no-array-reverse -- of a copy; toReversed takes longer
  Buffer.from(bytes, "latin1").reverse().toString("latin1");

/** The spans that hold a beginning of the pattern, in order, merged where they touch. Linear in the text's length. */
export function findBeginnings(pattern: Pattern, text: string): Span[] {
  const { bytes, minLength, minLengthBeforeCut } = pattern;
  const spans: Span[] = [];
  const needle = bytes.slice(0, Math.min(minLength, minLengthBeforeCut));
  let at = text.indexOf(needle);
  if (at === -1) return [];
  const lengthAt = prefixLengths(bytes, text, ownPrefixLengths(bytes));
  for (; at !== -1; at = text.indexOf(needle, at + 1)) {
    const found = lengthAt(at);
    const length = found >= minLength ? found : lengthBeforeCut(text, at, found, pattern);
    if (length > 0) addSpan(spans, [at, at + length]);
  }
  return spans;
}

/** In order, merged where they touch. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a[0] - b[0])) addSpan(result, span);
  return result;
}

/** @param span does not start before any of `spans`. */
function addSpan(spans: Span[], span: Span): void {
  const [start, end] = spans.at(-1) ?? [0, -1];
  if (span[0] <= end) spans[spans.length - 1] = [start, Math.max(end, span[1])];
  else spans.push(span);
}

/** The longest beginning that ends at a cut; 0: none does. */
function lengthBeforeCut(text: string, at: number, found: number, pattern: Pattern): number {
  for (let length = found; length >= pattern.minLengthBeforeCut; length -= 1)
    if (CUTS.some((cut) => text.startsWith(cut, at + length))) return length;
  return 0;
}

/**
 * Tells how long a beginning of the pattern stands at a place of the text; asked in ascending order. The Z algorithm: what
 * a match has covered is not compared again.
 *
 * @param own the same of the pattern in itself
 */
function prefixLengths(pattern: string, text: string, own: readonly number[]) {
  let [start, end] = [0, 0];
  return (at: number): number => {
    let length = at < end ? Math.min(own[at - start] ?? 0, end - at) : 0;
    if (at + length < end) return length;
    while (length < pattern.length && pattern[length] === text[at + length]) length += 1;
    [start, end] = [at, at + length];
    return length;
  };
}

function ownPrefixLengths(pattern: string): readonly number[] {
  const own = [pattern.length];
  const lengthAt = prefixLengths(pattern, pattern, own);
  for (let at = 1; at < pattern.length; at += 1) own.push(lengthAt(at));
  return own;
}
