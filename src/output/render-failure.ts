/** A failure: what happened, what to do now, where it happened, what is still there. */
import type { FailureResult, LeftBehind } from "../core/results.ts";
import { stepText } from "./step-label.ts";
import { shellQuote } from "../lib/shell-quote.ts";
import { hanging } from "./text.ts";
import type { Theme } from "./theme.ts";
import { fields, type Field } from "./layout.ts";

/** Lines for stderr. Messages and hints are never broken: people search for them and paste them. */
export function renderFailure(result: FailureResult, theme: Theme): string[] {
  const { message, hint, step, code, explain } = result.error;
  const where: Field[] = step === null ? [] : [["Step", stepText(step, result.command)]];
  const more: Field[] = explain === undefined ? [] : [["Explain", explain]];
  return [
    `${theme.bold(theme.red("Error:"))} ${hanging(message, "  ")}`,
    ...(hint === null ? [] : [`  ${hanging(hint, "  ")}`]),
    ...leftBehind(result.left_behind, theme),
    "",
    ...fields([...where, ["Code", code], ...more], theme),
  ];
}

function leftBehind(cvms: readonly LeftBehind[], theme: Theme): string[] {
  if (cvms.length === 0) return [];
  const it = cvms.length === 1 ? "CVM is" : "CVMs are";
  return [
    "",
    theme.yellow(
      `${cvms.length} ${it} left behind. Look first, then delete what you do not want to pay for:`,
    ),
    ...cvms.flatMap(({ name, app_id: appId, may_exist: mayExist }) => [
      `  ${name}${appId === null ? "" : theme.dim(`  app_id ${appId}`)}${mayExist ? "  (may exist)" : ""}`,
      `    phala cvms delete ${shellQuote(name)} --force`,
    ]),
  ];
}
