/** Width, truncation and wrapping of terminal text. Pure. */
import measure from "fast-string-truncated-width";

/** Width on a terminal, in cells. */
export const cellWidth = (text: string): number => measure(text).width;

/** Cuts a text to `cells`, with an ellipsis if it was longer. */
export function truncate(text: string, cells: number, ellipsis = "…"): string {
  const { truncated, ellipsed, index } = measure(text, { limit: cells, ellipsis });
  if (!truncated) return text;
  return ellipsed ? text.slice(0, index).trimEnd() + ellipsis : "";
}

export function padEnd(text: string, cells: number): string {
  return text + " ".repeat(Math.max(0, cells - cellWidth(text)));
}

/** Joins the lines: untrusted text must not start a line that looks like ours. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

/** Indents all lines but the first. */
export function hanging(text: string, indent: string): string {
  return text.trim().replaceAll("\n", `\n${indent}`);
}

/**
 * Wraps between words; a word that is longer than a line (a URL, a hash) stays whole. Words are not changed, so commands
 * can be pasted: libraries compose characters (NFC), which is another file name on Linux.
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

/** `2026-11-24 19:29 UTC`, from ISO 8601; an invalid date is returned unchanged. */
export function dateAndTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return oneLine(iso);
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

const two = (value: number): string => String(value).padStart(2, "0");
