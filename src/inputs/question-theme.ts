/** How a question fits its terminal: inquirer itself breaks a line wherever it is full. Pure. */
import { styleText } from "node:util";
import { cellWidth, truncate, wrap } from "../lib/text.ts";
import type { Choice } from "./prompts.ts";

/** Before the question: its mark. */
const INDENT = "  ";
/** Before a choice: the cursor; and one cell stays free. */
const CHOICE_MARGIN = 3;

type Style = {
  message(text: string, status: string): string;
  answer(text: string): string;
  error(text: string): string;
};

/** @param after what stands behind the question in parentheses: what Enter answers. */
export function questionTheme(columns: number, after?: string): { readonly style: Style } {
  let question = "";
  return {
    style: {
      message(text, status) {
        question = status === "done" ? nameOf(text) : text;
        return styleText("bold", status === "done" ? question : broken(text, after, columns));
      },
      answer: (text) => {
        const beside = cellWidth(`${INDENT}${question} ${text}`) <= columns;
        return styleText("cyan", beside ? text : `\n${INDENT}${text}`);
      },
      error: (text) => styleText("red", wrap(`> ${text}`, columns).join(`\n${INDENT}`)),
    },
  };
}

/** `AWS region (S3 region)`: what explains it is of no use once it is answered. */
const nameOf = (text: string): string => text.replace(/ \([^]*\)$/, "");

function broken(text: string, after: string | undefined, columns: number): string {
  const end = after === undefined ? "" : ` (${after})`;
  const lines = wrap(`${text}${end}`, columns - INDENT.length).join(`\n${INDENT}`);
  // inquirer adds it again, behind a blank.
  if (lines.endsWith(end)) return lines.slice(0, lines.length - end.length);
  return lines.slice(0, lines.length - end.trim().length).replace(/ $/, "");
}

/** Each in one line: one that is cut off can be told by its beginning. */
export function shortChoices<T>(choices: readonly Choice<T>[], columns: number): Choice<T>[] {
  return choices.map(({ name, short = name, ...choice }) => ({
    ...choice,
    name: truncate(name, columns - CHOICE_MARGIN),
    short,
  }));
}
