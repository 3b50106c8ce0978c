/** Renders a failure: what happened, what to do, where it happened, what is left behind. */
import type { FailureResult, LeftBehind } from "../core/results.ts";
import type { StepId } from "../core/steps.ts";
import { stepText, fields, type Field } from "./layout.ts";
import { cellWidth, hanging, padEnd } from "../lib/text.ts";
import type { Theme } from "./theme.ts";

/** Lines for stderr. */
export function renderFailure(result: FailureResult, theme: Theme): string[] {
  const { message, details, hint, step, code, explain } = result.error;
  const isReadOnly = step !== null && UNTOUCHING.has(step) && !STOPPED.has(code);
  const untouched = isReadOnly && result.left_behind.length === 0;
  const where: Field[] = step === null ? [] : [["Step", stepText(step, result.command)]];
  const more: Field[] = explain === undefined ? [] : [["Explain", explain]];
  const error = theme.bold(theme.red("Error:"));
  const problem =
    details === undefined
      ? [`${error} ${hanging(message, "  ")}`]
      : [`${error} ${details.length} things must be fixed first:`, ...details.flatMap(detailLines)];
  // With several details it would repeat their remedies.
  const advice = hint === null || details !== undefined ? [] : [`  ${hanging(hint, "  ")}`];
  const left = leftBehind(result, theme);
  return [
    ...problem,
    // The last lines are read first, so the hint is next to what is left behind.
    ...(left.length > 0 ? [...left, ...advice] : advice),
    ...(untouched ? ["", "Nothing was created or changed."] : []),
    "",
    ...fields(theme, [...where, ["Code", code], ...more]),
  ];
}

/** Read-only steps. */
const UNTOUCHING: ReadonlySet<string> = new Set<StepId>(["verify-prerequisites", "collect-inputs"]);

/** Codes with messages that list what exists. */
const STOPPED: ReadonlySet<string> = new Set(["cancelled", "interrupted", "terminated"]);

type Detail = NonNullable<FailureResult["error"]["details"]>[number];

const detailLines = ({ message, remedy }: Detail): string[] => [
  `  - ${hanging(message, "    ")}`,
  ...(remedy === null ? [] : [`      ${hanging(remedy, "      ")}`]),
];

/** The CVMs with their price, and the command that deletes exactly these. */
function leftBehind(
  { left_behind: cvms, clean_up: cleanUp }: FailureResult,
  theme: Theme,
): string[] {
  if (cvms.length === 0) return [];
  const shown = { rate: cvms.length > 1, whole: cvms.length === 1 || cleanUp === undefined };
  const isOne = cvms.length === 1;
  const it = isOne ? "1 CVM is" : `${cvms.length} CVMs are`;
  const rates = cvms.map(({ usd_per_hour: rate }) => rate);
  const total = rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
  const price = rates.every((rate) => rate !== undefined) ? `, for ${dollars(total)} an hour` : "";
  const width = Math.max(...cvms.map(({ name }) => cellWidth(name)));
  return [
    "",
    theme.yellow(`${it} left behind${price}:`),
    ...cvms.map((cvm) => `  ${padEnd(cvm.name, width)}${theme.dim(detailsOf(cvm, shown))}`),
    ...(cleanUp === undefined ? [] : [`  to delete ${isOne ? "it" : "them"}: ${cleanUp}`]),
  ];
}

const detailsOf = (
  { app_id: appId, may_exist: mayExist, usd_per_hour: rate }: LeftBehind,
  show: { readonly rate: boolean; readonly whole: boolean },
): string =>
  [
    ...(mayExist ? ["  may exist"] : []),
    ...(rate === undefined || !show.rate ? [] : [`  ${dollars(rate)}/h`]),
    // Shortened, so that each CVM fits on a line of a narrow terminal; the JSON has the whole id.
    ...(appId === null ? [] : [`  app_id ${show.whole ? appId : appId.slice(0, 8)}`]),
  ].join("");

/** Without the digits of binary fractions. */
const dollars = (usd: number): string => `$${Number(usd.toFixed(4))}`;
