/** Building blocks of results: fields, tables, the list of steps. */
import type { CommandHint, Words } from "../core/command-hint.ts";
import { stripVTControlCharacters } from "node:util";
import { stepInfo, type StepReport, STEPS, type StepId } from "../core/steps.ts";
import { cellWidth, duration, oneLine, padEnd, wrap, truncate } from "../lib/text.ts";
import type { Theme } from "./theme.ts";

export type View = {
  readonly theme: Theme;
  /** Width in cells. */
  readonly columns: number;
  /** Only the requested data: no headline, no advice. */
  readonly quiet: boolean;
  /** The run uses the sandbox, which is free of charge. */
  readonly sandbox?: boolean;
  /** Renders a message with pasteable commands. */
  readonly hint: (words: Words | CommandHint) => string;
};

/** Without a value it is left out. */
export type Field = readonly [label: string, value: string | readonly string[] | null | undefined];

/** `  Label  value` with aligned values; further values of a list go below the first. */
export function fields(theme: Theme, entries: readonly Field[]): string[] {
  const shown = entries.filter(([, value]) => value != null);
  const width = Math.max(0, ...shown.map(([label]) => cellWidth(label)));
  return shown.flatMap(([label, value]) => {
    const values = [value ?? []].flat().map((text) => oneLine(text));
    return values.map(
      (text, index) => `  ${theme.dim(padEnd(index === 0 ? label : "", width))}  ${text}`,
    );
  });
}

/** Leading cells and a text that is wrapped in the remaining width. */
export type Row = {
  readonly cells: readonly string[];
  readonly text: string;
  paint?(cell: string): string;
};

/** Elapsed time and timeout at the end of a wait's message. */
export const ELAPSED = / \([^()]* of [^()]*\)$/;

/** In fewer cells a text would have about one word per line. */
const MIN_ROOM = 28;

/** For narrow terminals: the text goes below the cells if it does not fit next to them. */
function stacked(head: string, text: string, { columns }: View): string[] {
  const beside = `${head}  ${text}`.trimEnd();
  if (!text.includes("\n") && cellWidth(stripVTControlCharacters(beside)) <= columns)
    return [beside];
  return [head, ...wrap(text, columns - STACKED.length).map((line) => `${STACKED}${line}`)];
}

const STACKED = "     ";

/** Rows with aligned columns; `paint` colours a row's first cell. */
export function table(rows: readonly Row[], view: View): string[] {
  const count = Math.max(0, ...rows.map((row) => row.cells.length));
  const widths = Array.from({ length: count }, (_, column) => {
    return Math.max(...rows.map((row) => cellWidth(row.cells[column] ?? "")));
  });
  const indent = 2 + widths.reduce((sum, width) => sum + width + 2, 0);
  return rows.flatMap((row) => {
    const cells = row.cells.map((cell, column) => padEnd(cell, widths[column] ?? 0));
    const [first = "", ...rest] = cells;
    const head = [row.paint ? row.paint(first) : first, ...rest].join("  ");
    if (view.columns - indent < MIN_ROOM) return stacked(`  ${head}`.trimEnd(), row.text, view);
    const [line = "", ...more] = wrap(row.text, view.columns - indent);
    return [`  ${head}  ${line}`.trimEnd(), ...more.map((text) => " ".repeat(indent) + text)];
  });
}

/** The duration of each step and the total. */
export function stepTimes(steps: readonly StepReport[], numbered: boolean, theme: Theme): string[] {
  if (steps.length === 0) return [];
  const total = steps.reduce((sum, step) => sum + step.duration_ms, 0);
  const rows = steps.map((step) => ({
    title: `${numbered ? `${String(step.number).padStart(2)}  ` : ""}${stepInfo(step.id).title}`,
    status: step.status as string,
    time: duration(step.duration_ms),
  }));
  const all = [
    ...rows,
    { title: numbered ? "    Total" : "Total", status: "", time: duration(total) },
  ];
  const width = Math.max(...all.map((row) => row.title.length));
  const timeWidth = Math.max(...all.map((row) => row.time.length));
  return all.map((row) => {
    const status = row.status === "done" ? "done   " : theme.dim(row.status.padEnd(7));
    return `  ${row.title.padEnd(width)}  ${status}  ${row.time.padStart(timeWidth)}`;
  });
}

/** The next commands, each on a separate line for copying. */
export function nextCommands(
  { theme, hint }: Pick<View, "theme" | "hint">,
  commands: readonly (Words | CommandHint)[],
): string[] {
  return [theme.bold("Next:"), ...commands.map((command) => `  ${hint(command)}`)];
}

export type Column<T> = {
  readonly title: string;
  text(row: T): string;
  /** Colours the padded text. */
  paint?(text: string, row: T): string;
  /** Columns with the highest value are dropped first if the table is too wide; absent: never. */
  readonly dispensable?: number;
};

const GAP = "  ";
/** Untrusted text may be of any length. */
const MAX_CELL = 20;

export function columnTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  view: View,
): string[] {
  const measured = columns.map((column) => {
    const texts = rows.map((row) =>
      truncate(oneLine(column.text(row)), MAX_CELL, view.theme.symbols.ellipsis),
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

export type StepLabel = { readonly count: string; readonly title: string };

/** `count` is empty for commands that run only some of the steps. */
export function stepLabel(step: StepId, command: string | undefined): StepLabel {
  const { number, title } = stepInfo(step);
  return { count: command === "init" ? `[${number}/${STEPS.length}]` : "", title };
}

export function stepText(step: StepId, command: string | undefined): string {
  const { count, title } = stepLabel(step, command);
  return count === "" ? title : `${count} ${title}`;
}

/** Appended to a price. */
export const inSandbox = ({ sandbox }: View): string =>
  sandbox === true ? " (free in the sandbox)" : "";

/** The symbol and the colour of an outcome or a severity. */
export function marks({ symbols, green, yellow, red, cyan, dim }: Theme) {
  return {
    passed: [symbols.done, green],
    warning: [symbols.warning, yellow],
    unverified: [symbols.warning, yellow],
    failed: [symbols.failed, red],
    error: [symbols.failed, red],
    note: [symbols.note, cyan],
    skipped: [symbols.skipped, dim],
    ignored: [symbols.skipped, dim],
  } as const;
}

/** A wrapped text below its coloured mark. */
export function marked(
  [mark, paint]: readonly [string, (text: string) => string],
  text: string,
  { columns }: View,
): string[] {
  const [first = "", ...rest] = wrap(text, columns - 2);
  return [`${paint(mark)} ${first}`, ...rest.map((line) => `  ${line}`)];
}

/** A wrapped text, indented by two cells. */
export const paragraph = (text: string, { columns }: View): string[] =>
  wrap(text, columns - 2).map((line) => `  ${line}`);

/** A line of a diff, in the colour of its sign. */
export const paintDiff = (line: string, { green, red }: Theme): string =>
  line.startsWith("+") ? green(line) : red(line);

/** A title, and the lines below it. */
export const section = (title: string, lines: readonly string[], { bold }: Theme): string[] => [
  "",
  bold(title),
  ...lines,
];
