/** Measuring and shaping text for terminals. Pure. */
import measure from "fast-string-truncated-width";

/** Cells that a text takes on a terminal. */
export const cellWidth = (text: string): number => measure(text).width;

/** The text cut to `cells`, with an ellipsis where something was cut off. */
export function truncate(text: string, cells: number, ellipsis = "…"): string {
  const { truncated, ellipsed, index } = measure(text, { limit: cells, ellipsis });
  if (!truncated) return text;
  return ellipsed ? text.slice(0, index).trimEnd() + ellipsis : "";
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

/**
 * Lines of at most `cells` cells, broken between words; a longer word (a URL, a hash) stays whole. Every word stays as it
 * is, so that a command can be pasted: libraries compose its characters (NFC), which names another file on Linux.
 */
export function wrap(text: string, cells: number): string[] {
  return text.split("\n").flatMap((paragraph) => wrapParagraph(paragraph, cells));
}

function wrapParagraph(paragraph: string, cells: number): string[] {
  const lines: string[] = [];
  let [line = "", ...words] = paragraph.trim().split(/\s+/);
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (cellWidth(longer) <= cells) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
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
