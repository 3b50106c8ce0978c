/**
 * Redaction by value, at the places where text leaves the program. Patterns would miss a key that looks like
 * nothing; values can't be missed, whatever they look like.
 */
import { parseJson } from "../lib/json.ts";
import { patternsOf, type Patterns } from "./redact-patterns.ts";
import { findBeginnings, fold, mergeSpans, reversed, type Span } from "./redact-search.ts";
import { decodedView, plainView, type View } from "./redact-view.ts";

const PLACEHOLDER = "[redacted]";
/** Characters. Shorter texts (an empty variable, `1`) occur everywhere and are not secrets. */
export const MIN_SECRET = 6;

const JSON_ESCAPE = /^\\(?:u[0-9a-f]{4}|["\\/bfnrt])/i;
const LONGEST_ESCAPE = 6;
/** Strings, and what else may hold text. */
const JSON_SCALAR = /"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+/g;

export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #revealed = new Set<string>();
  #patterns: Patterns | undefined;

  /**
   * From now on this value is hidden: as it is, in hex, base64 and the escapes of URLs and JSON, in either case,
   * broken into lines or with invisible characters in it, and every beginning or end of it from eight characters on.
   * Of several lines each one too, because texts are laid out again; of a JSON document (a service account's key) each
   * text in it.
   */
  add(secret: string | undefined): void {
    const whole = secret ?? "";
    for (const text of new Set([whole, ...whole.split(/\r\n?|\n/), ...textsIn(whole)])) {
      if (text.trim().length >= MIN_SECRET) this.#secrets.add(text.trim());
    }
    this.#patterns = undefined;
  }

  /** Takes a value back: it is known to be made up. Secrets that begin as it does don't hide its beginning. */
  reveal(value: string): void {
    this.#secrets.delete(value.trim());
    if (value !== "") this.#revealed.add(value);
    this.#patterns = undefined;
  }

  /**
   * The text with every form of every secret replaced, and what a cut has left of one. Linear in its length. A JSON
   * document stays one.
   */
  redact(text: string): string {
    const clean = this.#redactText(text);
    if (clean === text || !isJson(text)) return clean;
    return text.replaceAll(JSON_SCALAR, (scalar) => {
      if (scalar.startsWith('"')) return `"${this.#redactText(scalar.slice(1, -1))}"`;
      return this.#redactText(scalar) === scalar ? scalar : JSON.stringify(PLACEHOLDER);
    });
  }

  /** Whether a secret is in the text as it is, and whole: a part of one may be a word that anybody uses. */
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

/** Where parts of secrets are in the view, as places in the text. */
function findIn(view: View, { beginnings, ends }: Patterns): Span[] {
  const text = fold(view.bytes);
  const backwards = reversed(text);
  const found = [
    ...beginnings.flatMap((pattern) => findBeginnings(pattern, text)),
    ...ends
      .flatMap((pattern) => findBeginnings(pattern, backwards))
      .map(([start, end]): Span => [text.length - end, text.length - start]),
  ];
  return mergeSpans(found).map(([start, end]) => [
    view.starts[start] ?? 0,
    view.ends[end - 1] ?? 0,
  ]);
}

/** The escape of JSON that a place stands within, else the place: half an escape would break the document. */
function escapeAt(text: string, place: number): Span {
  for (let start = Math.max(0, place - LONGEST_ESCAPE + 1); start < place; start += 1) {
    if (text[start] !== "\\" || isEscaped(text, start)) continue;
    const [escape = ""] = JSON_ESCAPE.exec(text.slice(start, start + LONGEST_ESCAPE)) ?? [];
    if (start + escape.length > place) return [start, start + escape.length];
  }
  return [place, place];
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, place: number): boolean {
  let first = place;
  while (text[first - 1] === "\\") first -= 1;
  return (place - first) % 2 === 1;
}

const isJson = (text: string): boolean => parseDocument(text) !== undefined;

/** Undefined for what is not an object or a list in JSON. */
const parseDocument = (text: string): unknown =>
  /^\s*[[{]/.test(text) ? parseJson(text) : undefined;

/** The texts of a JSON document, each line of them. */
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
