/** Asks for inputs that are required and set nowhere, and for nothing else. */
import type { InputDefinition } from "./table.ts";
import type { Prompter } from "./prompts.ts";
import type { Answers } from "./resolve.ts";
import { askFor } from "./wizard-question.ts";

const NOTHING_ON_OFFER = { nodes: [], instanceTypes: [], composeFiles: [] };

/** @returns the answers with one for each of them. */
export async function askMissing<A extends Answers>(
  missing: readonly InputDefinition[],
  given: A,
  prompter: Prompter,
): Promise<A> {
  let answers: Answers = given;
  for (const input of missing)
    answers = await askFor(input, answers, { prompter, offers: NOTHING_ON_OFFER, required: true });
  return { ...given, ...answers };
}
