/** Redaction by value, where text leaves the program. Patterns would miss keys without a recognizable form. */
import { parseJson } from "../lib/json.ts";
import { patternsOf, type Patterns } from "./redact-patterns.ts";
import { findBeginnings, fold, mergeSpans, reversed, type Span } from "./redact-search.ts";
import { decodedView, plainView, type View } from "./redact-view.ts";

const PLACEHOLDER = "[redacted]";
/** In characters. Shorter values (an empty variable, `1`) occur everywhere and are not secrets. */
export const MIN_SECRET = 6;

const JSON_ESCAPE = /^\\(?:u[0-9a-f]{4}|["\\/bfnrt])/i;
const MAX_ESCAPE_LENGTH = 6;
/** Strings and other values of a JSON document. */
const JSON_SCALAR = /"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+/g;

export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #revealed = new Set<string>();
  #patterns: Patterns | undefined;

  /**
   * Hides a value from now on: plain, in hex, in base64 and in the escapes of URLs and JSON, in upper and lower case,
   * with line breaks or invisible characters in it, and each prefix or suffix of eight characters or more. Also each line
   * of a value, because texts are wrapped again, and each string in a JSON document (the key of a service account).
   */
  add(secret: string | undefined): void {
    const whole = secret ?? "";
    for (const text of new Set([whole, ...whole.split(/\r\n?|\n/), ...textsIn(whole)])) {
      if (text.trim().length >= MIN_SECRET) this.#secrets.add(text.trim());
    }
    this.#patterns = undefined;
  }

  /** Shows a value that is known to be fictitious, also where a secret has the same prefix. */
  reveal(value: string): void {
    this.#secrets.delete(value.trim());
    if (value !== "") this.#revealed.add(value);
    this.#patterns = undefined;
  }

  /**
   * Replaces every form of every secret, and the rest of one that was truncated. Linear in the length of the text. A JSON
   * document stays valid.
   */
  redact(text: string): string {
    const clean = this.#redactText(text);
    if (clean === text || !isJson(text)) return clean;
    return text.replaceAll(JSON_SCALAR, (scalar) => {
      if (scalar.startsWith('"')) return `"${this.#redactText(scalar.slice(1, -1))}"`;
      return this.#redactText(scalar) === scalar ? scalar : JSON.stringify(PLACEHOLDER);
    });
  }

  /** Whether the text contains a whole secret in plain form: a part of one may be an ordinary word. */
  holdsWhole(text: string): boolean {
    return [...this.#secrets].some((secret) => text.includes(secret));
  }

  #redactText(text: string): string {
    if (this.#secrets.size === 0 || text.length < MIN_SECRET) return text;
    const spans = this.#find(text);
    if (spans.length === 0) return text;
    const whole = spans.map(([start, end]): Span => [
      escapeAt(text, start)[0],
      escapeAt(text, end)[1],
    ]);
    const hidden = this.#withoutRevealed(mergeSpans(whole), text);
    const shown = hidden.map(([, end], index) => text.slice(end, hidden[index + 1]?.[0]));
    return [text.slice(0, hidden[0]?.[0]), ...shown].join(PLACEHOLDER);
  }

  #find(text: string): Span[] {
    const patterns = (this.#patterns ??= patternsOf(this.#secrets));
    const plain = plainView(text);
    const decoded = decodedView(plain);
    const views = decoded ? [plain, decoded] : [plain];
    return views.flatMap((view) => findIn(view, patterns));
  }

  #withoutRevealed(spans: readonly Span[], text: string): readonly Span[] {
    const revealed = [...this.#revealed].flatMap((value) => occurrences(value, text));
    if (revealed.length === 0) return spans;
    const secrets = [...this.#secrets];
    return spans.filter(([start, end]) => {
      const within = revealed.some((shown) => shown[0] <= start && end <= shown[1]);
      return !within || secrets.some((secret) => text.slice(start, end).includes(secret));
    });
  }
}

/** Finds parts of secrets in a view, as spans of the text. */
function findIn(view: View, { beginnings, ends }: Patterns): Span[] {
  const text = fold(view.bytes);
  const backwards = reversed(text);
  const found = [
    ...beginnings.flatMap((pattern) => findBeginnings(pattern, text)),
    ...ends
      .flatMap((pattern) => findBeginnings(pattern, backwards))
      .map(([start, end]): Span => [text.length - end, text.length - start]),
  ];
  if (found.length === 0) return [];
  const places = view.places();
  return mergeSpans(found).map(([start, end]) => [
    places.starts[start] ?? 0,
    places.ends[end - 1] ?? 0,
  ]);
}

/** Extends a position within a JSON escape to the escape: half of one would break the document. */
function escapeAt(text: string, place: number): Span {
  for (let start = Math.max(0, place - MAX_ESCAPE_LENGTH + 1); start < place; start += 1) {
    if (text[start] !== "\\" || isEscaped(text, start)) continue;
    const [escape = ""] = JSON_ESCAPE.exec(text.slice(start, start + MAX_ESCAPE_LENGTH)) ?? [];
    if (start + escape.length > place) return [start, start + escape.length];
  }
  return [place, place];
}

/** Whether an odd number of backslashes precedes it. */
function isEscaped(text: string, place: number): boolean {
  let first = place;
  while (text[first - 1] === "\\") first -= 1;
  return (place - first) % 2 === 1;
}

const isJson = (text: string): boolean => parseDocument(text) !== undefined;

/** Undefined for what is not an object or a list in JSON. */
const parseDocument = (text: string): unknown =>
  /^\s*[[{]/.test(text) ? parseJson(text) : undefined;

/** The strings of a JSON document, and each of their lines. */
function textsIn(text: string): string[] {
  const texts: string[] = [];
  JSON.stringify(parseDocument(text), (_key, item: unknown) => {
    if (typeof item === "string") texts.push(item, ...item.split("\n"));
    return item;
  });
  return texts;
}

function occurrences(value: string, text: string): Span[] {
  const found: Span[] = [];
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1))
    found.push([at, at + value.length]);
  return found;
}
