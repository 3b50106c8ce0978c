/**
 * Redaction by value, at the places where text leaves the program. Patterns would miss a key that looks like
 * nothing; values can't be missed, whatever they look like.
 */

const PLACEHOLDER = "[redacted]";
/** How texts end that were cut. */
const CUT = /…|\.{3}/g;
/** Shorter texts (an empty variable, `1`) occur everywhere and are no secrets. */
const SHORTEST_SECRET = 6;

export class Redactor {
  readonly #forms = new Set<string>();

  /**
   * From now on this value, and the forms it takes on the way (base64, URL-encoded, JSON-escaped), is hidden; of
   * several lines each one too, because texts are laid out anew.
   */
  add(secret: string | undefined): void {
    const whole = secret ?? "";
    const texts = [whole, ...whole.split(/\r?\n/)].flatMap((text) => [text, text.trim()]);
    for (const text of new Set(texts)) {
      if (text.trim().length < SHORTEST_SECRET) continue;
      for (const form of formsOf(text)) this.#forms.add(form);
    }
  }

  /** Takes a value back: it is known to be made up. */
  reveal(value: string): void {
    for (const form of formsOf(value)) this.#forms.delete(form);
  }

  /** The text with every form of every secret replaced, and what a cut has left of one. */
  redact(text: string): string {
    let clean = text;
    for (const form of this.#longestFirst()) clean = clean.replaceAll(form, PLACEHOLDER);
    return this.#redactBeforeCuts(clean);
  }

  /** Whoever shortens a text may not know what is secret: the beginning of one, right before the mark of a cut. */
  #redactBeforeCuts(text: string): string {
    let clean = text;
    // From the end, so that the places before it stay where they are.
    for (const { index } of [...text.matchAll(CUT)].toReversed()) {
      const start = this.#startOfCutSecret(clean.slice(0, index));
      if (start < index) clean = clean.slice(0, start) + PLACEHOLDER + clean.slice(index);
    }
    return clean;
  }

  /** Where the beginning of a secret stands at the end of a text; the text's length where none does. */
  #startOfCutSecret(text: string): number {
    const starts = [...this.#forms].map((form) => {
      const head = form.slice(0, SHORTEST_SECRET);
      let at = text.indexOf(head, text.length - form.length);
      while (at !== -1 && !form.startsWith(text.slice(at))) at = text.indexOf(head, at + 1);
      return at === -1 ? text.length : at;
    });
    return Math.min(text.length, ...starts);
  }

  #longestFirst(): string[] {
    return [...this.#forms].toSorted((a, b) => b.length - a.length);
  }
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret, "utf8").toString("base64");
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    base64,
    base64.replace(/=+$/, ""),
    Buffer.from(secret, "utf8").toString("base64url"),
    Buffer.from(secret, "utf8").toString("hex"),
  ];
}
