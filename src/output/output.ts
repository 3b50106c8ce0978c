/** The one place where text leaves the program: redacted, and indifferent to a reader that went away. */
import type { Redactor } from "../core/redact.ts";
import { escapeForTerminals, redactDocument } from "./clean.ts";
import { reflow } from "./reflow.ts";

/** As much of `process.stdout` as is needed; a plain Writable will do. */
export type WriteStreamLike = {
  write(text: string): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

export type SafeStreamOptions = {
  readonly stream: WriteStreamLike;
  readonly redactor: Redactor;
  /** Long lines are not broken, also on a terminal: they are a script, a file, somebody else's log. */
  readonly verbatim?: boolean | undefined;
  /** The stream took no more, for another reason than a closed pipe (a full disk). Called once. */
  readonly onLost?: ((error: Error) => void) | undefined;
};

/** The reader has gone: `| head`, a closed terminal. It asked for no more, so there is nobody to tell. */
const READER_GONE = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

/** A document as text in which every string is between double quotes, with JSON's escapes. */
export type Serialize = (value: unknown) => string;

const toJson: Serialize = (value) => JSON.stringify(value, null, 2);

export class SafeStream {
  readonly #options: SafeStreamOptions;
  #lost = false;

  constructor(options: SafeStreamOptions) {
    this.#options = options;
    // A write to a closed pipe fails later, as an event; unheard it would end the process in the middle of a
    // cleanup.
    options.stream.on("error", (error) => this.#lose(error));
  }

  /** Whether nothing that is written gets anywhere. */
  get lost(): boolean {
    return this.#lost;
  }

  get isTTY(): boolean {
    return this.#options.stream.isTTY === true;
  }

  /** Width in cells; 80 where nobody says. */
  get columns(): number {
    return this.#options.stream.columns || 80;
  }

  get rows(): number {
    return this.#options.stream.rows || 24;
  }

  /** Writes text as it is but for the secrets in it. What came from outside must have been cleaned before. */
  write(text: string): void {
    this.#send(this.#options.redactor.redact(text));
  }

  line(text: string): void {
    const shown = this.isTTY && !this.#options.verbatim ? reflow(text, this.columns) : text;
    this.write(`${shown}\n`);
  }

  /**
   * Writes one document, as JSON unless told otherwise. Redaction is per string and not over the document: a secret made of digits would
   * turn a duration into something that is no JSON.
   */
  document(value: unknown, serialize: Serialize = toJson): void {
    const clean = redactDocument(value, this.#options.redactor);
    this.#send(`${escapeForTerminals(serialize(clean)).trimEnd()}\n`);
  }

  #send(text: string): void {
    if (this.#lost || text === "") return;
    try {
      this.#options.stream.write(text);
    } catch (error) {
      this.#lose(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#lost = true;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!READER_GONE.has(code)) this.#options.onLost?.(error);
  }
}
