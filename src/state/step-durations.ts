/** How long the steps took last time on this platform: waits are compared with it, and nothing else uses it. */
import path from "node:path";
import * as z from "zod";
import { STEPS, type StepId, type StepReport } from "../core/steps.ts";
import { keepHints, readHints } from "./hints-file.ts";
import { fileNameOf } from "./state-directory.ts";

/** ms, by step. */
export type StepDurations = Partial<Record<StepId, number>>;

const schema = z.partialRecord(z.enum(STEPS.map(({ id }) => id)), z.number().min(0));

const fileOf = (stateDir: string, stateHost: string): string =>
  path.join(stateDir, fileNameOf(stateHost), "step-durations.json");

export async function readStepDurations(
  stateDir: string,
  stateHost: string,
): Promise<StepDurations> {
  return (await readHints(fileOf(stateDir, stateHost), schema)) ?? {};
}

/** Of the steps that were done. */
export async function rememberStepDurations(
  stateDir: string,
  stateHost: string,
  reports: readonly StepReport[],
): Promise<void> {
  const known = await readStepDurations(stateDir, stateHost);
  const done = reports.filter(({ status }) => status === "done");
  const durations = Object.fromEntries(done.map(({ id, duration_ms: ms }) => [id, ms]));
  await keepHints(fileOf(stateDir, stateHost), { ...known, ...durations });
}
