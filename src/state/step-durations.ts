/** How long the steps took last time on this platform: what a wait is compared with. Nothing else goes by it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { STEPS, type StepId, type StepReport } from "../core/steps.ts";
import { writeAtomically } from "../lib/atomic-file.ts";
import { parseJson } from "../lib/json.ts";
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
  const text = await readFile(fileOf(stateDir, stateHost), "utf8").catch(() => "");
  return schema.safeParse(parseJson(text)).data ?? {};
}

/** Of the steps that were done; what can't be written is not kept. */
export async function rememberStepDurations(
  stateDir: string,
  stateHost: string,
  reports: readonly StepReport[],
): Promise<void> {
  const known = await readStepDurations(stateDir, stateHost);
  const done = reports.filter(({ status }) => status === "done");
  const all = { ...known, ...Object.fromEntries(done.map(({ id, duration_ms: ms }) => [id, ms])) };
  const text = `${JSON.stringify(all)}\n`;
  await writeAtomically(fileOf(stateDir, stateHost), text, { mode: 0o600 }).catch(() => undefined);
}
