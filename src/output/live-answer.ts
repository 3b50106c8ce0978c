/** An answer that the next one replaces: in place on a terminal, one block below the other everywhere else. */
import type { SafeStream } from "./output.ts";
import { reflow } from "./reflow.ts";
import type { Theme } from "./theme.ts";

const HOME = "\u001b[H";
const CLEAR = "\u001b[2J";
const CLEAR_REST_OF_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/** A line that is too long is cut by the terminal; wrapped, it would push the first ones out of sight. */
const NO_WRAP = "\u001b[?7l";
const WRAP = "\u001b[?7h";

/** Of one answer: for a screen, or for a log, which only wants those that are new. */
export type Shown = { readonly lines: readonly string[]; readonly changed: boolean };

export class LiveAnswer {
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

  /** Gives the terminal back as it was, the last answer on it. Idempotent. */
  stop(): void {
    if (!this.#inPlace || !this.#begun) return;
    this.#begun = false;
    this.#out.write(`${WRAP}${SHOW_CURSOR}\n`);
  }

  /** Written over the one before, line by line: a screen that is cleared first flickers. */
  #draw(lines: readonly string[]): void {
    const start = this.#begun ? HOME : `${HIDE_CURSOR}${NO_WRAP}${CLEAR}${HOME}`;
    const whole = reflow(lines.join("\n"), this.#out.columns).split("\n");
    const drawn = this.#fit(whole).map((line) => `${line}${CLEAR_REST_OF_LINE}\n`);
    this.#out.write(`${start}${drawn.join("")}${CLEAR_BELOW}`);
  }

  /** What matters is at both ends; of a long list the middle gives way. One row is the cursor's. */
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
