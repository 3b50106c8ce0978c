/**
 * Redaction by value, at the places where text leaves the program. Patterns would miss a key that looks like
 * nothing; values can't be missed, whatever they look like.
 */

const PLACEHOLDER = "[redacted]";
/** Shorter texts (an empty variable, `1`) occur everywhere and are no secrets. */
const SHORTEST_SECRET = 6;

export class Redactor {
  readonly #forms = new Set<string>();

  /** From now on this value, and the forms it takes on the way (base64, URL-encoded, JSON-escaped), is hidden. */
  add(secret: string | undefined): void {
    if (secret === undefined || secret.length < SHORTEST_SECRET) return;
    for (const form of formsOf(secret)) this.#forms.add(form);
  }

  /** The text with every form of every secret replaced. */
  redact(text: string): string {
    let clean = text;
    for (const form of this.#longestFirst()) clean = clean.replaceAll(form, PLACEHOLDER);
    return clean;
  }

  /** A copy of a JSON value with every string in it redacted, keys included. */
  redactJson<T>(value: T): T {
    return JSON.parse(this.redact(JSON.stringify(value))) as T;
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
