/** A table with headings, as wide as its content; where that is too wide, the least important columns go. */
import { cellWidth, oneLine, padEnd, truncate } from "../lib/text.ts";
import type { View } from "./layout.ts";

export type Column<T> = {
  readonly title: string;
  text(row: T): string;
  /** Colours the padded text. */
  paint?(text: string, row: T): string;
  /** The highest goes first where there is no room; absent: it stays. */
  readonly dispensable?: number;
};

const GAP = "  ";
/** What comes from outside may be of any length; one cell must not take the whole line. */
const WIDEST_CELL = 20;

export function columnTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  view: View,
): string[] {
  const measured = columns.map((column) => {
    const texts = rows.map((row) =>
      truncate(oneLine(column.text(row)), WIDEST_CELL, view.theme.symbols.ellipsis),
    );
    return { column, texts, width: Math.max(...[column.title, ...texts].map(cellWidth)) };
  });
  const kept = fitting(measured, view.columns);
  const heading = kept.map(({ column, width }) => padEnd(column.title, width)).join(GAP);
  const lines = rows.map((row, index) => {
    const cells = kept.map(({ column, texts, width }) => {
      const cell = padEnd(texts[index] ?? "", width);
      return column.paint ? column.paint(cell, row) : cell;
    });
    return cells.join(GAP).trimEnd();
  });
  return [view.theme.dim(heading.trimEnd()), ...lines];
}

type Measured<T> = {
  readonly column: Column<T>;
  readonly texts: readonly string[];
  readonly width: number;
};

function fitting<T>(measured: readonly Measured<T>[], room: number): readonly Measured<T>[] {
  const width = measured.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length);
  const rank = ({ column }: Measured<T>): number => column.dispensable ?? 0;
  const [first] = measured.toSorted((a, b) => rank(b) - rank(a));
  if (width <= room || !first || rank(first) === 0) return measured;
  return fitting(
    measured.filter((column) => column !== first),
    room,
  );
}
