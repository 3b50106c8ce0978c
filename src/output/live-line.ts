/** The line of the terminal that shows what is going on, redrawn several times a second. */
import type { SafeStream } from "./output.ts";
import type { Theme } from "./theme.ts";

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_REST_OF_LINE = "\u001b[K";
const CLEAR_LINE = `\r${CLEAR_REST_OF_LINE}`;
/** ms per frame; also how often the elapsed time is updated. */
const FRAME_MS = 120;
/** Cells of a frame and its blank; one more stays free, because a full line makes some terminals wrap. */
const MARGIN = 3;

export class LiveLine {
  readonly #out: SafeStream;
  readonly #theme: Theme;
  readonly #text: (cells: number) => string;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  /** @param text called for every frame: a line of at most `cells` cells. */
  constructor(out: SafeStream, theme: Theme, text: (cells: number) => string) {
    this.#out = out;
    this.#theme = theme;
    this.#text = text;
  }

  start(): void {
    if (this.#timer) return;
    this.#out.write(HIDE_CURSOR);
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#out.write(`${CLEAR_LINE}${SHOW_CURSOR}`);
  }

  /** Prints a line that stays, above this one. */
  print(line: string): void {
    if (this.#timer) this.#out.write(CLEAR_LINE);
    this.#out.line(line);
    if (this.#timer) this.#draw();
  }

  #draw(): void {
    const { symbols, cyan } = this.#theme;
    const frame = cyan(symbols.spinner[this.#frame % symbols.spinner.length] ?? "");
    this.#frame += 1;
    this.#out.write(`\r${frame} ${this.#text(this.#out.columns - MARGIN)}${CLEAR_REST_OF_LINE}`);
  }
}
