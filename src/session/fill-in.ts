/** Filling in inputs that nobody gave in this run, from what the cluster has. */
import {
  isGiven,
  isSchemaGiven,
  parseInput,
  type Answers,
  type Origin,
} from "../inputs/resolve.ts";
import { inputDefinition, nameOfInput, type InputKey } from "../inputs/table.ts";

/** An input's text, or texts, as they could be given with its flag. */
export type RawInput = readonly [key: InputKey, raw: string | readonly string[]];

export type FilledIn<A extends Answers> = {
  readonly answers: A;
  /** Inputs that changed by it, for messages: `--aws-region us-east-1`. */
  readonly taken: ReadonlyMap<InputKey, string>;
};

/**
 * Flag, environment, config file and prompt go first. Invalid values are left out: a check of its source names it.
 * @param isKept whether an input keeps the value that it has now; `isSame`: the other one is the same.
 */
export function fillIn<A extends Answers>(
  answers: A,
  origin: Origin,
  inputs: readonly RawInput[],
  isKept: (key: InputKey, isSame: boolean) => boolean = () => false,
): FilledIn<A> {
  const values: Record<string, unknown> = { ...answers.values };
  const origins = { ...answers.origins };
  const taken = new Map<InputKey, string>();
  for (const [key, raw] of inputs) {
    if (isGiven(answers, key) || (key === "orchestratorSchema" && isSchemaGiven(answers))) continue;
    const input = inputDefinition(key);
    const parsed = parseInput(input, raw, origin);
    if ("problem" in parsed) continue;
    const isSame = JSON.stringify(parsed.value) === JSON.stringify(values[key]);
    if (isKept(key, isSame)) continue;
    if (!isSame) taken.set(key, `${nameOfInput(input)} ${[raw].flat().join(", ")}`);
    values[key] = parsed.value;
    origins[key] = origin;
  }
  return { answers: { ...answers, values, origins }, taken };
}
