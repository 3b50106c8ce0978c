/** Output streams with redaction that tolerate a closed pipe. */
import type { Redactor } from "../core/redact.ts";
import { escapeForTerminals, redactDocument } from "./clean.ts";
import { reflow } from "./reflow.ts";

/** The used part of `process.stdout`; a Writable suffices. */
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
  /** Long lines are not wrapped on a terminal: the output is a script, a file or a log. */
  readonly verbatim?: boolean | undefined;
  /** A write failed for another reason than a closed pipe, such as a full disk. Called once. */
  readonly onLost?: ((error: Error) => void) | undefined;
};

/** The reader is gone (`| head`, a closed terminal), which is not an error. */
const READER_GONE = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

/** Serializes a document with strings in double quotes and JSON escapes. */
export type Serialize = (value: unknown) => string;

const toJson: Serialize = (value) => JSON.stringify(value, null, 2);

export class SafeStream {
  readonly #options: SafeStreamOptions;
  #lost = false;

  constructor(options: SafeStreamOptions) {
    this.#options = options;
    // A write to a closed pipe fails later, as an event; unhandled it would end the process during the clean-up.
    options.stream.on("error", (error) => this.#lose(error));
  }

  /** Whether writes no longer reach the reader. */
  get lost(): boolean {
    return this.#lost;
  }

  get isTTY(): boolean {
    return this.#options.stream.isTTY === true;
  }

  /** Width in cells; 80 if unknown. */
  get columns(): number {
    return this.#options.stream.columns || 80;
  }

  get rows(): number {
    return this.#options.stream.rows || 24;
  }

  /** Writes redacted text. Untrusted text must be sanitized before. */
  write(text: string): void {
    this.#send(this.#options.redactor.redact(text));
  }

  line(text: string): void {
    const shown = this.isTTY && !this.#options.verbatim ? reflow(text, this.columns) : text;
    this.write(`${shown}\n`);
  }

  /**
   * Writes a document. Redacted per value and not as a text: a secret of digits could make the JSON invalid.
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
