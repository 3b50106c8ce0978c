/**
 * Wraps lines for a terminal between words, with a hanging indent. A command stays pasteable when it is wrapped. Pure.
 */
import { stripVTControlCharacters } from "node:util";
import { cellWidth, wrap } from "../lib/text.ts";

/** Share of a line; a label that is wider gets no hanging indent. */
const MAX_INDENT = 0.5;
/** Command lines in our messages, up to the end of the sentence or a comment. Prose about the programs does not match. */
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

/** Lines have at most `columns` cells, except for longer words (a URL, a hash). */
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
    // A word that does not fit into any line stays next to its label.
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

/** A shell comment: every line of it begins with this. */
const COMMENT = "  # ";

function commented(line: string): { readonly before: string; readonly comment?: string } {
  const at = line.indexOf(COMMENT);
  const before = line.slice(0, at).trimEnd();
  if (at < 0 || !COMMAND.test(stripVTControlCharacters(before))) return { before: line };
  return { before, comment: line.slice(at + COMMENT.length) };
}

/** The column of the text after a label or a mark: `  Label  text`. */
function indentOf(line: string, columns: number): number {
  const plain = stripVTControlCharacters(line);
  const label = /^\s*\S.*?\s{2,}(?=\S)/.exec(plain)?.[0] ?? "";
  const [mark = ""] = /^\s*(?:\S |- )?/.exec(plain) ?? [];
  const [width, least] = [cellWidth(label), cellWidth(mark)];
  if (label === "" || width > columns * MAX_INDENT) return least;
  // No hanging indent if a word fits only without it.
  const words = plain.slice(label.length).split(/\s+/).map(cellWidth);
  const isTooFarRight = words.some((word) => width + word > columns && least + word <= columns);
  return isTooFarRight ? least : width;
}

type Piece = {
  readonly text: string;
  /** The blanks before it. */
  readonly glue: string;
  /** It continues a command: a line broken before it needs a backslash. */
  readonly continuation: boolean;
  /** Nothing of a command follows, so no cells for a backslash are needed. */
  readonly ends: boolean;
  /** Width of the command that it begins, which is not broken if it fits on a separate line. */
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
