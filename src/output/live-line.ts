/** The one line of the terminal that moves. */
import { clearLine, cursorTo, moveCursor } from "node:readline";
import { Writable } from "node:stream";
import ora, { type Ora } from "ora";
import type { SafeStream } from "./output.ts";
import type { Theme } from "./theme.ts";

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/** ms per frame; also how often the elapsed time is brought up to date. */
const FRAME_MS = 120;

export class LiveLine {
  readonly #out: SafeStream;
  readonly #spinner: Ora;

  /** `text` is asked at every frame, for a line of at most `cells` cells. */
  constructor(out: SafeStream, theme: Theme, text: (cells: number) => string) {
    this.#out = out;
    const frames = theme.symbols.spinner.map((frame) => theme.cyan(frame));
    this.#spinner = ora({
      stream: new GuardedTerminal(out),
      // ora would look at its stream and at CI itself; whoever makes a live line has decided that.
      isEnabled: true,
      color: false,
      spinner: { frames, interval: FRAME_MS },
      // Discarding stdin means raw mode, where Ctrl-C is a character; killed, it would leave the terminal in it.
      discardStdin: false,
      // ora's own cursor handling installs signal handlers, and ours must be the only ones.
      hideCursor: false,
      // ora asks for the prefix first at every frame: the moment to bring the text behind it up to date. Frame
      // and blank take two cells; one stays free, as a full line makes some terminals wrap.
      prefixText: () => {
        this.#spinner.text = text(out.columns - 3);
        return "";
      },
    });
  }

  start(): void {
    if (this.#spinner.isSpinning) return;
    this.#out.write(HIDE_CURSOR);
    this.#spinner.start();
  }

  stop(): void {
    if (!this.#spinner.isSpinning) return;
    this.#spinner.stop();
    this.#out.write(SHOW_CURSOR);
  }

  /** A line that stays, above the one that moves. */
  print(line: string): void {
    const running = this.#spinner.isSpinning;
    if (running) this.#spinner.stop();
    this.#out.line(line);
    if (running) this.#spinner.start();
  }
}

/** A terminal as ora wants one, every byte of which goes through the safe stream. */
class GuardedTerminal extends Writable {
  readonly isTTY = true;
  readonly #out: SafeStream;

  constructor(out: SafeStream) {
    super({ decodeStrings: false });
    this.#out = out;
  }

  get columns(): number {
    return this.#out.columns;
  }

  get rows(): number {
    return this.#out.rows;
  }

  cursorTo(x: number): boolean {
    return cursorTo(this, x);
  }

  moveCursor(dx: number, dy: number): boolean {
    return moveCursor(this, dx, dy);
  }

  clearLine(direction: -1 | 0 | 1): boolean {
    return clearLine(this, direction);
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.#out.write(String(chunk));
    done();
  }
}
