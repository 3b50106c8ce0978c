/**
 * Finds, in one pass over a text of any length, where the beginning of any of many patterns stands (Aho-Corasick over
 * bytes). Run backwards over reversed patterns it finds their ends. Its tables are made for the first text that may hold
 * one: that takes ten times what it takes to see that a text holds none.
 */

/** One form of a secret, folded with `fold`. Lengths in bytes. */
export type Pattern = {
  readonly bytes: Uint8Array;
  /** A beginning as long as this counts anywhere. */
  readonly minLength: number;
  /** The same right before the mark of a cut (`…`, `...`). */
  readonly minLengthBeforeCut: number;
};

/** Half-open, in bytes of the text that was scanned. */
export type Span = readonly [start: number, end: number];

const BYTES = 256;
const DOT = 0x2e;
const ELLIPSIS = [0xe2, 0x80, 0xa6] as const;

/** Upper and lower case, and base64's two alphabets, are one: a text that changed them still tells the secret. */
const FOLDED = Uint8Array.from({ length: BYTES }, (_, byte) => {
  if (byte === 0x2d) return 0x2b;
  if (byte === 0x5f) return 0x2f;
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
});

export const fold = (byte: number): number => FOLDED[byte] ?? byte;

/** Folded bytes as a text for a search; it also folds some bytes that `fold` keeps apart. */
export function searchable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return text.toLowerCase().replaceAll("-", "+").replaceAll("_", "/");
}

/** The patterns of one direction. */
export class PatternFinder {
  readonly #patterns: readonly Pattern[];
  readonly #backwards: boolean;
  /** The least of each pattern that is marked. */
  readonly #needles: readonly string[];
  #automaton: Automaton | undefined;

  constructor(patterns: readonly Pattern[], backwards: boolean) {
    this.#patterns = patterns;
    this.#backwards = backwards;
    const needles = patterns.flatMap(({ bytes, minLength, minLengthBeforeCut }) => {
      const least = Math.min(minLength, minLengthBeforeCut);
      if (least > bytes.length) return [];
      return searchable(
        backwards ? bytes.subarray(bytes.length - least) : bytes.subarray(0, least),
      );
    });
    this.#needles = [...new Set(needles)];
  }

  /** As `Automaton.scan`. @param text `searchable` of the same bytes. */
  find(bytes: Uint8Array, length: number, text: string): Span[] {
    if (!this.#needles.some((needle) => text.includes(needle))) return [];
    this.#automaton ??= new Automaton(this.#patterns, this.#backwards);
    return this.#automaton.scan(bytes, length);
  }
}

/** Tables have one row for each node and one column for each byte that occurs in a pattern; column 0: any other. */
class Automaton {
  readonly #column = new Uint8Array(BYTES);
  readonly #columns: number;
  readonly #next: Int32Array;
  /** For each node: how many of the bytes just read are to be marked, anywhere and before a cut. */
  readonly #marks: Int32Array;
  readonly #marksBeforeCut: Int32Array;
  readonly #backwards: boolean;

  constructor(patterns: readonly Pattern[], backwards: boolean) {
    this.#backwards = backwards;
    this.#columns = this.#numberColumns(patterns);
    const size = 1 + patterns.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#next = new Int32Array(size * this.#columns);
    this.#marks = new Int32Array(size);
    this.#marksBeforeCut = new Int32Array(size);
    let nodes = 1;
    for (const pattern of patterns) nodes = this.#insert(pattern, nodes);
    this.#link(nodes);
  }

  /** The spans to be marked in `bytes[0..length)`, merged, in the order of the scan. */
  scan(bytes: Uint8Array, length: number): Span[] {
    const spans: [number, number][] = [];
    const columns = this.#columns;
    let node = 0;
    for (let step = 0; step < length; step += 1) {
      const at = this.#backwards ? length - 1 - step : step;
      const byte = bytes[at] ?? 0;
      const cutMark = this.#marksBeforeCut[node] ?? 0;
      if (cutMark > 0 && this.#isCut(bytes, at)) this.#mark(spans, step - 1, cutMark);
      node = this.#next[node * columns + (this.#column[FOLDED[byte] ?? 0] ?? 0)] ?? 0;
      const mark = this.#marks[node] ?? 0;
      if (mark > 0) this.#mark(spans, step, mark);
    }
    return this.#backwards ? spans.map(([start, end]) => [length - end, length - start]) : spans;
  }

  /** Marks the `count` bytes up to the one at `step`, and merges with what they touch: linear even where they repeat. */
  #mark(spans: [number, number][], step: number, count: number): void {
    let start = step + 1 - count;
    for (let last = spans.at(-1); last && last[1] >= start; last = spans.at(-1)) {
      start = Math.min(start, last[0]);
      spans.pop();
    }
    spans.push([start, step + 1]);
  }

  #isCut(bytes: Uint8Array, at: number): boolean {
    const on = this.#backwards ? -1 : 1;
    const three = [bytes[at], bytes[at + on], bytes[at + 2 * on]];
    if (three.every((byte) => byte === DOT)) return true;
    if (this.#backwards) three.reverse();
    return ELLIPSIS.every((byte, index) => byte === three[index]);
  }

  #numberColumns(patterns: readonly Pattern[]): number {
    let columns = 1;
    for (const { bytes } of patterns) {
      for (const byte of bytes) {
        if (this.#column[byte] === 0) this.#column[byte] = columns++;
      }
    }
    return columns;
  }

  #insert({ bytes, minLength, minLengthBeforeCut }: Pattern, firstFree: number): number {
    let nodes = firstFree;
    let node = 0;
    for (let depth = 1; depth <= bytes.length; depth += 1) {
      const byte = bytes[this.#backwards ? bytes.length - depth : depth - 1] ?? 0;
      const entry = node * this.#columns + (this.#column[byte] ?? 0);
      if (this.#next[entry] === 0) this.#next[entry] = nodes++;
      node = this.#next[entry] ?? 0;
      if (depth >= minLength) this.#marks[node] = depth;
      if (depth >= minLengthBeforeCut) this.#marksBeforeCut[node] = depth;
    }
    return nodes;
  }

  /** Breadth first: where no pattern goes on, the longest other beginning that is being read does. */
  #link(nodes: number): void {
    const fallback = new Int32Array(nodes);
    const queue: number[] = [0];
    for (let head = 0; head < queue.length; head += 1) {
      const node = queue[head] ?? 0;
      const back = fallback[node] ?? 0;
      this.#marks[node] ||= this.#marks[back] ?? 0;
      this.#marksBeforeCut[node] ||= this.#marksBeforeCut[back] ?? 0;
      for (let column = 1; column < this.#columns; column += 1) {
        const entry = node * this.#columns + column;
        const viaBack = node === 0 ? 0 : (this.#next[back * this.#columns + column] ?? 0);
        const child = this.#next[entry] ?? 0;
        if (child === 0) {
          this.#next[entry] = viaBack;
        } else {
          fallback[child] = viaBack;
          queue.push(child);
        }
      }
    }
  }
}
