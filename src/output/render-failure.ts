/** A failure: what happened, what to do now, where it happened, what is still there. */
import type { FailureResult, LeftBehind } from "../core/results.ts";
import type { StepId } from "../core/steps.ts";
import { stepText, fields, type Field } from "./layout.ts";
import { cellWidth, hanging, padEnd } from "../lib/text.ts";
import type { Theme } from "./theme.ts";

/** Lines for stderr. */
export function renderFailure(result: FailureResult, theme: Theme): string[] {
  const { message, details, hint, step, code, explain } = result.error;
  const looked = step !== null && UNTOUCHING.has(step) && !STOPPED.has(code);
  const untouched = looked && result.left_behind.length === 0;
  const where: Field[] = step === null ? [] : [["Step", stepText(step, result.command)]];
  const more: Field[] = explain === undefined ? [] : [["Explain", explain]];
  const error = theme.bold(theme.red("Error:"));
  const told =
    details === undefined
      ? [
          `${error} ${hanging(message, "  ")}`,
          ...(hint === null ? [] : [`  ${hanging(hint, "  ")}`]),
        ]
      : [`${error} ${details.length} things must be fixed first:`, ...details.flatMap(detailLines)];
  return [
    ...told,
    ...(untouched ? ["", "Nothing was created or changed."] : []),
    ...leftBehind(result, theme),
    "",
    ...fields([...where, ["Code", code], ...more], theme),
  ];
}

/** Steps that only look. */
const UNTOUCHING: ReadonlySet<string> = new Set<StepId>(["verify-prerequisites", "collect-inputs"]);

/** Their messages say what exists. */
const STOPPED: ReadonlySet<string> = new Set(["cancelled", "interrupted", "terminated"]);

type Detail = NonNullable<FailureResult["error"]["details"]>[number];

const detailLines = ({ message, remedy }: Detail): string[] => [
  `  - ${hanging(message, "    ")}`,
  ...(remedy === null ? [] : [`      ${hanging(remedy, "      ")}`]),
];

/** What it costs, so that nobody pays for what was forgotten; and what deletes exactly that. */
function leftBehind(
  { left_behind: cvms, clean_up: cleanUp }: FailureResult,
  theme: Theme,
): string[] {
  if (cvms.length === 0) return [];
  const it = cvms.length === 1 ? "1 CVM is" : `${cvms.length} CVMs are`;
  const rates = cvms.map(({ usd_per_hour: rate }) => rate);
  const total = rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
  const price = rates.every((rate) => rate !== undefined) ? `, for ${dollars(total)} an hour` : "";
  const width = Math.max(...cvms.map(({ name }) => cellWidth(name)));
  return [
    "",
    theme.yellow(`${it} left behind${price}:`),
    ...cvms.map(
      (cvm) => `  ${padEnd(cvm.name, width)}${theme.dim(detailsOf(cvm, cvms.length > 1))}`,
    ),
    ...(cleanUp === undefined
      ? []
      : ["To delete what you do not want to pay for:", `  ${cleanUp}`]),
  ];
}

const detailsOf = (
  { app_id: appId, may_exist: mayExist, usd_per_hour: rate }: LeftBehind,
  isOneOfSeveral: boolean,
): string =>
  [
    ...(mayExist ? ["  may exist"] : []),
    ...(rate === undefined || !isOneOfSeveral ? [] : [`  ${dollars(rate)}/h`]),
    ...(appId === null ? [] : [`  app_id ${appId}`]),
  ].join("");

/** Of binary fractions only the digits that a price has. */
const dollars = (usd: number): string => `$${Number(usd.toFixed(4))}`;
