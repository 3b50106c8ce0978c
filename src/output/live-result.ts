/** A result that is updated: in place on a terminal, otherwise as one block after the other. */
import type { SafeStream } from "./output.ts";
import { reflow } from "./reflow.ts";
import type { Theme } from "./theme.ts";

const HOME = "\u001b[H";
const CLEAR = "\u001b[2J";
const CLEAR_REST_OF_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/** The terminal truncates long lines; wrapped, they would push the first lines out of view. */
const NO_WRAP = "\u001b[?7l";
const WRAP = "\u001b[?7h";

/** `changed`: a log gets only changed results. */
export type Shown = { readonly lines: readonly string[]; readonly changed: boolean };

export class LiveResult {
  readonly #out: SafeStream;
  readonly #theme: Theme;
  readonly #inPlace: boolean;
  #begun = false;

  constructor(out: SafeStream, theme: Theme, inPlace: boolean) {
    this.#out = out;
    this.#theme = theme;
    this.#inPlace = inPlace;
  }

  show({ lines, changed }: Shown): void {
    if (this.#inPlace) this.#draw(lines);
    else if (changed && lines.length > 0)
      this.#out.line([...(this.#begun ? [""] : []), ...lines].join("\n"));
    this.#begun = true;
  }

  /** Restores the terminal; the last result stays visible. Idempotent. */
  stop(): void {
    if (!this.#inPlace || !this.#begun) return;
    this.#begun = false;
    this.#out.write(`${WRAP}${SHOW_CURSOR}\n`);
  }

  /** Overwrites the previous result line by line: clearing the screen first would flicker. */
  #draw(lines: readonly string[]): void {
    const start = this.#begun ? HOME : `${HIDE_CURSOR}${NO_WRAP}${CLEAR}${HOME}`;
    const whole = reflow(lines.join("\n"), this.#out.columns).split("\n");
    const drawn = this.#fit(whole).map((line) => `${line}${CLEAR_REST_OF_LINE}\n`);
    this.#out.write(`${start}${drawn.join("")}${CLEAR_BELOW}`);
  }

  /** Drops the middle of a long result, because both ends matter more. One row is for the cursor. */
  #fit(lines: readonly string[]): readonly string[] {
    const rows = Math.max(3, this.#out.rows - 1);
    if (lines.length <= rows) return lines;
    const head = Math.ceil((rows - 1) / 2);
    const left = lines.length - (rows - 1);
    const { dim, symbols } = this.#theme;
    const gap = dim(`${symbols.ellipsis} ${left} more lines ${symbols.ellipsis}`);
    return [...lines.slice(0, head), gap, ...lines.slice(lines.length - (rows - 1 - head))];
  }
}
