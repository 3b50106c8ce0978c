/** What the existing orchestrator.yml has, in place of defaults: nothing that the operator set is silently changed. */
import { isGiven, isSchemaGiven, parseInput, type Answers } from "../inputs/resolve.ts";
import { inputDefinition, type InputKey } from "../inputs/table.ts";
import { otherOwner } from "../orchestrator/file-owner.ts";
import { readSettings, type FileSettings } from "../orchestrator/read-settings.ts";
import { readWholeText } from "../orchestrator/read-file.ts";

/**
 * Takes the file's values for inputs that nobody gave. A file of another cluster or API says nothing of this one: a
 * check refuses it. The API's address is never taken from it: the key is sent there.
 */
export async function withFileInputs<A extends Answers>(
  answers: A,
  env: NodeJS.ProcessEnv,
): Promise<A> {
  const settings = await settingsIn(answers, env);
  if (settings === undefined) return answers;
  const values: Record<string, unknown> = { ...answers.values };
  const origins = { ...answers.origins };
  for (const [key, raw] of Object.entries(settings.values) as [
    InputKey,
    string | readonly string[],
  ][]) {
    if (isGiven(answers, key) || (key === "orchestratorSchema" && isSchemaGiven(answers))) continue;
    // What can't be an input is left to the check of the file: it names the line.
    const parsed = parseInput(inputDefinition(key), raw, "orchestrator.yml");
    if ("problem" in parsed) continue;
    values[key] = parsed.value;
    origins[key] = "orchestrator.yml";
  }
  return { ...answers, values, origins };
}

async function settingsIn(
  answers: Answers,
  env: NodeJS.ProcessEnv,
): Promise<FileSettings | undefined> {
  const { orchestratorConfig, phalaApiUrl, clusterName } = answers.values;
  if (orchestratorConfig === undefined || phalaApiUrl === undefined) return undefined;
  const text = await readWholeText(orchestratorConfig).catch(() => undefined);
  if (text === undefined) return undefined;
  const settings = readSettings(text, env);
  // An example's name is no cluster that somebody asked for.
  const asked = isGiven(answers, "clusterName") ? clusterName : undefined;
  return otherOwner(settings.identity, { clusterName: asked, phalaApiUrl }) === undefined
    ? settings
    : undefined;
}
