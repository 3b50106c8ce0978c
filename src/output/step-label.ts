/** How steps are named: `[3/10] Deploy registry CVM` in `init`, whose steps the numbers count. */
import { STEPS, stepInfo, type StepId } from "../core/steps.ts";

export type StepLabel = { readonly count: string; readonly title: string };

/** `count` is empty for the commands that run some of the ten steps in an order of their own. */
export function stepLabel(step: StepId, command: string | undefined): StepLabel {
  const { number, title } = stepInfo(step);
  return { count: command === "init" ? `[${number}/${STEPS.length}]` : "", title };
}

export function stepText(step: StepId, command: string | undefined): string {
  const { count, title } = stepLabel(step, command);
  return count === "" ? title : `${count} ${title}`;
}
