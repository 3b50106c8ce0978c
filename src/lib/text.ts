/** Measuring and shaping text for terminals. Pure. */

// Classes of Unicode take long to make: not before a text has something of them.
const isWide = (character: string): boolean =>
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
    character,
  );
const hasNoWidth = (character: string): boolean => /^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character);

/** Cells that a text without escape sequences takes on a terminal. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

function cellsOf(character: string): number {
  if (character < "\u0080") return 1;
  if (hasNoWidth(character)) return 0;
  return isWide(character) ? 2 : 1;
}

/** The text cut to `cells`, with an ellipsis where something was cut off. */
export function truncate(text: string, cells: number, ellipsis = "…"): string {
  if (cellWidth(text) <= cells) return text;
  if (cells < ellipsis.length) return "";
  let kept = "";
  let room = cells - ellipsis.length;
  for (const character of text) {
    room -= cellsOf(character);
    if (room < 0) break;
    kept += character;
  }
  return kept.trimEnd() + ellipsis;
}

export function padEnd(text: string, cells: number): string {
  return text + " ".repeat(Math.max(0, cells - cellWidth(text)));
}

/** One line of it: an outsider's newline must not start a line that looks like ours. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

/** Its lines, all but the first one indented. */
export function hanging(text: string, indent: string): string {
  return text.trim().replaceAll("\n", `\n${indent}`);
}

/** Lines of at most `cells` cells, broken between words; a longer word (a URL, a hash) stays whole. */
export function wrap(text: string, cells: number): string[] {
  return text.split("\n").flatMap((paragraph) => wrapParagraph(paragraph, cells));
}

function wrapParagraph(paragraph: string, cells: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of paragraph.split(/\s+/).filter((part) => part !== "")) {
    if (line !== "" && cellWidth(line) + 1 + cellWidth(word) > cells) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** `0.4s`, `59.9s`, `1m 05s`, `2h 03m`, from ms. */
export function duration(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(tenths / 10);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** `2026-11-24 19:29 UTC`, from ISO 8601; what is no date, as it is. */
export function dateAndTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return oneLine(iso);
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

const two = (value: number): string => String(value).padStart(2, "0");
