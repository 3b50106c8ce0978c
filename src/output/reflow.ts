/**
 * Lines for a terminal, broken between words: a terminal itself breaks anywhere. What goes on is indented below the
 * text that it belongs to. A command that has to be broken stays one that can be pasted. Pure.
 */
import { stripVTControlCharacters } from "node:util";
import { cellWidth, wrap } from "../lib/text.ts";

/** Of a line, at most: a text that begins further right is indented like any other. */
const WIDEST_INDENT = 0.5;
/** What our messages have of command lines, up to the end of the sentence, or a remark. Prose about these programs is none. */
const OWN_COMMANDS =
  "init|rotate-hash|status|list|logs|doctor|hash|verify|trust|history|destroy|config|explain|completion|sandbox";
const COMMAND = new RegExp(
  [
    `(?:(?:npx|node) )?(?:\\S*\\/)?tee-cluster(?:\\.js)? (?:${OWN_COMMANDS})(?![-\\w])`,
    "phala (?:logs|cvms|deploy) ",
    "npm (?:i|install) ",
    "model-orchestrator start",
  ]
    .map((start) => `${start}(?:'[^']*'|[^;'(])*`)
    .join("|"),
);

/** Lines of at most `columns` cells, but for words that are longer (a URL, a hash). */
export function reflow(text: string, columns: number): string {
  return text
    .split("\n")
    .flatMap((line) => (widthOf(line) <= columns ? [line] : broken(line, columns)))
    .join("\n");
}

function broken(line: string, columns: number): string[] {
  const [lead = ""] = /^\s*/.exec(line) ?? [];
  const indent = " ".repeat(indentOf(line, columns));
  const { before, comment } = commented(line);
  if (comment !== undefined) {
    const room = columns - indent.length - COMMENT.length;
    return [
      ...(widthOf(before) <= columns ? [before] : broken(before, columns)),
      ...wrap(comment, room).map((text) => `${indent}${COMMENT}${text}`),
    ];
  }
  const lines: string[] = [];
  let current = lead;
  let isEmpty = true;
  for (const { text, glue, continuation, whole, ends } of piecesOf(line.slice(lead.length))) {
    const start = widthOf(current) + glue.length;
    const isWholeBelow = whole !== undefined && indent.length + whole <= columns;
    const width = start + (isWholeBelow ? whole : widthOf(text) + (ends ? 0 : 2));
    // A word that fits nowhere stays beside its label.
    const isLabelled = start <= indent.length;
    const fits = indent.length + widthOf(text) <= columns;
    if (!isEmpty && width > columns && (fits || !isLabelled)) {
      lines.push(current + (continuation ? " \\" : ""));
      current = continuation ? `${indent}  ${text}` : `${indent}${text}`;
    } else current += `${isEmpty ? "" : glue}${text}`;
    isEmpty = false;
  }
  return [...lines, current];
}

/** What a shell leaves out stays so: each line of it begins as a comment. */
const COMMENT = "  # ";

function commented(line: string): { readonly before: string; readonly comment?: string } {
  const at = line.indexOf(COMMENT);
  const before = line.slice(0, at).trimEnd();
  if (at < 0 || !COMMAND.test(stripVTControlCharacters(before))) return { before: line };
  return { before, comment: line.slice(at + COMMENT.length) };
}

/** Where the text behind a label or a mark begins: `  Label  text`. */
function indentOf(line: string, columns: number): number {
  const plain = stripVTControlCharacters(line);
  const label = /^\s*\S.*?\s{2,}(?=\S)/.exec(plain)?.[0] ?? "";
  const [mark = ""] = /^\s*(?:\S |- )?/.exec(plain) ?? [];
  const [width, least] = [cellWidth(label), cellWidth(mark)];
  if (label === "" || width > columns * WIDEST_INDENT) return least;
  // A word that fits only further left is not broken for the sake of the label.
  const words = plain.slice(label.length).split(/\s+/).map(cellWidth);
  const isTooFarRight = words.some((word) => width + word > columns && least + word <= columns);
  return isTooFarRight ? least : width;
}

type Piece = {
  readonly text: string;
  /** The blanks before it. */
  readonly glue: string;
  /** It goes on with a command: broken before it, the line must say so. */
  readonly continuation: boolean;
  /** Nothing of a command follows, for which the line would have to say so. */
  readonly ends: boolean;
  /** Cells of the command that it begins: not broken where a line of its own has room for it. */
  readonly whole?: number;
};

function piecesOf(line: string): readonly Piece[] {
  const command = COMMAND.exec(stripVTControlCharacters(line))?.[0];
  const at = command === undefined ? -1 : line.indexOf(command);
  if (command === undefined || at < 0) return proseOf(line);
  const before = line.slice(0, at);
  const text = before.trimEnd();
  return [
    ...proseOf(text),
    ...commandOf(`${before.slice(text.length)}${command}`),
    ...proseOf(line.slice(at + command.length)),
  ];
}

function proseOf(text: string): readonly Piece[] {
  return piecesBy(/(\s*)(\S+)/g, text).map((piece) => ({
    ...piece,
    continuation: false,
    ends: true,
  }));
}

/** A quoted argument is one word. */
function commandOf(text: string): readonly Piece[] {
  const whole = widthOf(text.trim());
  return piecesBy(/(\s*)((?:'[^']*'|[^\s'])+)/g, text).map((piece, at, all) => ({
    ...piece,
    continuation: at > 0,
    ends: at === all.length - 1,
    ...(at === 0 ? { whole } : {}),
  }));
}

const piecesBy = (words: RegExp, line: string): readonly Pick<Piece, "text" | "glue">[] =>
  [...line.matchAll(words)].map(([, glue = "", text = ""]) => ({ text, glue }));

const widthOf = (text: string): number => cellWidth(stripVTControlCharacters(text));
