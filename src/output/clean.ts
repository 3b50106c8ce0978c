/** Sanitizes untrusted text (names, messages, API responses) before layout and output. */
import { stripVTControlCharacters } from "node:util";
import type { Redactor } from "../core/redact.ts";
import { mapLeaves } from "../lib/map-leaves.ts";

/** Control characters except the newline. */
const CONTROLS = /(?!\n)\p{Cc}/gu;
/** Bidirectional marks and separators: they reorder or break lines and are not in the category of controls. */
const REORDERING = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Keys with values that code depends on: a secret that equals one must not change what happens. They are redacted on
 * output, like everything.
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

/** Printable ASCII and newlines, as most texts are. */
const isPlain = (text: string): boolean => /^[\n -~]*$/.test(text);

/** Replacements for the non-ASCII characters in our messages. Applied before layout, because the widths differ. */
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
 * A copy in which every string is safe to print. Redacted before layout, because half of a truncated secret would remain,
 * and again without the control characters, which may have been inside one.
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

/** A redacted copy of a document, with its keys and numbers. */
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

/** Names of our fields are kept: a secret that equals one must not break the document. */
const OWN_KEY = /^[a-z_]+$/;
/** Digits of numbers that may be secret. Durations, ports and sizes have fewer. */
const MIN_SECRET_DIGITS = 8;

function redactNumber(value: number, redactor: Redactor): unknown {
  const text = String(value);
  const shown = text.length < MIN_SECRET_DIGITS ? text : redactor.redact(text);
  return shown === text ? value : shown;
}

/** Escapes characters in JSON that terminals interpret (C1 controls, bidirectional marks) as `\uXXXX`. */
export function escapeForTerminals(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (mark) => {
      return `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;
    },
  );
}
