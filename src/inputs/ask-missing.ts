/** Asks for the required inputs that are set nowhere, and for nothing else. */
import type { Prompter } from "./prompts.ts";
import type { Answers, Resolution } from "./resolve.ts";
import { ask } from "./wizard-question.ts";

const NOTHING_ON_OFFER = { nodes: [], instanceTypes: [], composeFiles: [] };

/** @returns the resolution with nothing missing. */
export async function askMissing(resolution: Resolution, prompter: Prompter): Promise<Resolution> {
  let answers: Answers = resolution;
  for (const { key } of resolution.missing) {
    answers = await ask(key, answers, { prompter, offers: NOTHING_ON_OFFER, required: true });
  }
  return { ...resolution, ...answers, missing: [] };
}
