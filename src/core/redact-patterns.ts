/** The forms that a secret takes on its way, folded for the automaton, and how much of each already tells too much. */
import { fold, type Pattern } from "./redact-automaton.ts";
import { decodedView, plainView, type View } from "./redact-view.ts";

/** Characters of a secret that may stand anywhere, and right before the mark of a cut. */
const SHOWN = 8;
const SHOWN_BEFORE_CUT = 6;

/** What every URL begins with tells nothing, and stands in all the others: it does not count as shown. */
const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;

const BITS_IN_HEX = 4;
const BITS_IN_BASE64 = 6;

export type Patterns = {
  readonly beginnings: readonly Pattern[];
  readonly ends: readonly Pattern[];
};

/** @param secret of at least six characters. */
export function patternsOf(secret: string): Patterns {
  const { length } = Buffer.from(secret);
  const characters = Array.from(secret);
  const bytesOf = (count: number): number => Buffer.byteLength(characters.slice(0, count).join(""));
  const bytesOfLast = (count: number): number =>
    Buffer.byteLength(characters.slice(-count).join(""));
  const at = (bytes: (count: number) => number, more: number): Limits => ({
    shown: Math.min(length, bytes(more + SHOWN)),
    beforeCut: Math.min(length, bytes(more + SHOWN_BEFORE_CUT)),
  });
  const scheme = SCHEME.exec(secret)?.[0].length ?? 0;
  return {
    beginnings: formsOf(secret, at(bytesOf, scheme), false),
    ends: formsOf(secret, at(bytesOfLast, 0), true),
  };
}

/** Bytes of the secret. */
type Limits = { readonly shown: number; readonly beforeCut: number };

function formsOf(secret: string, limits: Limits, fromEnd: boolean): Pattern[] {
  return [
    ...textForms(secret, limits, fromEnd),
    hexForm(secret, limits),
    ...base64Forms(secret, limits, fromEnd),
  ];
}

/** As it is, with its own escapes undone as they are in the texts, and with a plus for each blank. */
function textForms(secret: string, limits: Limits, fromEnd: boolean): Pattern[] {
  const bytes = Buffer.from(secret);
  const part = (count: number): string =>
    (fromEnd ? bytes.subarray(bytes.length - count) : bytes.subarray(0, count)).toString();
  return viewsOf.flatMap((view) => {
    const whole = view(secret);
    const size = (count: number): number => Math.min(whole.length, view(part(count)).length);
    return whole.length === 0 ? [] : [patternOf(whole, size(limits.shown), size(limits.beforeCut))];
  });
}

const bytesIn = (view: View): Uint8Array => view.bytes.slice(0, view.length);

const viewsOf: readonly ((text: string) => Uint8Array)[] = [
  (text) => bytesIn(plainView(text)),
  (text) => bytesIn(decodedView(plainView(text)) ?? plainView(text)),
  (text) => bytesIn(plainView(text.replaceAll(" ", "+"))),
];

function hexForm(secret: string, limits: Limits): Pattern {
  return patternOf(
    Buffer.from(Buffer.from(secret).toString("hex")),
    hexDigits(limits.shown),
    hexDigits(limits.beforeCut),
  );
}

/** Three bytes are four digits: what stands before the secret shifts it by none, one or two bytes. */
function base64Forms(secret: string, limits: Limits, fromEnd: boolean): Pattern[] {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].map((shift) => {
    const digits = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // Digits that other bytes have a part in are left out.
    const first = digitsToStartOf(shift);
    const last = digitsUpTo(shift + bytes.length);
    const length = (count: number): number =>
      fromEnd
        ? last - digitsToStartOf(shift + bytes.length - count)
        : digitsUpTo(shift + count) - first;
    return patternOf(
      Buffer.from(digits.slice(first, last)),
      length(limits.shown),
      length(limits.beforeCut),
    );
  });
  const alone = Buffer.from(bytes.toString("base64"));
  const unpadded = Buffer.from(bytes.toString("base64url"));
  return [
    ...shifted,
    patternOf(alone, alone.length, alone.length),
    patternOf(unpadded, unpadded.length, unpadded.length),
  ];
}

const hexDigits = (bytes: number): number => (bytes * 8) / BITS_IN_HEX;
const digitsToStartOf = (byte: number): number => Math.ceil((byte * 8) / BITS_IN_BASE64);
const digitsUpTo = (byte: number): number => Math.floor((byte * 8) / BITS_IN_BASE64);

const patternOf = (bytes: Uint8Array, minLength: number, minLengthBeforeCut: number): Pattern => ({
  bytes: bytes.map((byte) => fold(byte)),
  minLength,
  minLengthBeforeCut,
});
