/** What came from outside (names, messages, answers of an API) made harmless before it is laid out and printed. */
import { stripVTControlCharacters } from "node:util";
import type { Redactor } from "../core/redact.ts";
import { mapLeaves } from "../lib/map-leaves.ts";

/** Every control character but the newline, which layouts handle themselves. */
const CONTROLS = /(?!\n)\p{Cc}/gu;
/** Bidirectional marks and separators: they reorder or break a line without being controls by category. */
const REORDERING = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The values under these keys are words of this program that code decides by; a secret that happens to equal
 * one must not send it astray. They are redacted when written, like everything.
 */
const OWN_WORDS = new Set([
  "type",
  "step",
  "status",
  "severity",
  "command",
  "action",
  "approved_via",
  "id",
  "role",
  "standing",
  "leftover",
]);

/** Most texts: nothing of them is a control, or stands for one. */
const isPlain = (text: string): boolean => /^[\n -~]*$/.test(text);

/** What our own messages are spelt with beyond ASCII. Replaced before layout, as the forms differ in width. */
const ASCII_FORMS: Readonly<Record<string, string>> = {
  "…": "...",
  "→": "->",
  "–": "-",
  "×": "x",
  "·": "-",
};

/** Text without escape sequences, control characters (newlines stay) and bidirectional marks. */
export function stripControls(text: string): string {
  if (isPlain(text)) return text;
  const lines = text.replaceAll("\r\n", "\n").replaceAll("\t", " ");
  return stripVTControlCharacters(lines).replaceAll(CONTROLS, "").replaceAll(REORDERING, "");
}

/**
 * A copy in which every string is safe to print. Secrets go before layout, because cut to a terminal's width
 * half of one would remain; and once more after the controls, which may have stood inside one.
 */
export function cleanForTerminal<T>(value: T, redactor: Redactor, unicode: boolean): T {
  const clean = (text: string, key?: string): string => {
    if (key !== undefined && OWN_WORDS.has(key)) return stripControls(text);
    const once = redactor.redact(text);
    const shown = stripControls(once);
    const twice = once === text && shown === text ? text : redactor.redact(shown);
    return unicode ? twice : toAscii(twice);
  };
  const cleanLeaf = (leaf: unknown, key?: string): unknown =>
    typeof leaf === "string" ? clean(leaf, key) : leaf;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only strings change, and into strings
  return mapLeaves(value, cleanLeaf) as T;
}

function toAscii(text: string): string {
  return text.replaceAll(/[…→–×·]/gu, (symbol) => ASCII_FORMS[symbol] ?? symbol);
}

/** A copy for a document that leaves the program: its keys are texts too, and digits may be a secret's. */
export function redactDocument(value: unknown, redactor: Redactor): unknown {
  const redact = (text: string): string => redactor.redact(text);
  return mapLeaves(
    value,
    (leaf) =>
      typeof leaf === "string"
        ? redact(leaf)
        : typeof leaf === "number"
          ? redactNumber(leaf, redactor)
          : leaf,
    (key) => (OWN_KEY.test(key) ? key : redact(key)),
  );
}

/** Names of our own fields: a secret that equals one must not break the document. */
const OWN_KEY = /^[a-z_]+$/;
/** Digits. Durations, ports and sizes have fewer, and are ours. */
const LONG_NUMBER = 8;

function redactNumber(value: number, redactor: Redactor): unknown {
  const text = String(value);
  const shown = text.length < LONG_NUMBER ? text : redactor.redact(text);
  return shown === text ? value : shown;
}

/** JSON text with what JSON allows and terminals act upon (C1 controls, bidirectional marks) as `\uXXXX`. */
export function escapeForTerminals(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (mark) => {
      return `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;
    },
  );
}
