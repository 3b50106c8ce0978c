/** `--registry-env NAME`: further variables of the registry. Names are given and recorded, values never are. */
import type { RegistryVariable } from "../core/settings.ts";
import type { Answers } from "./resolve.ts";
import { inputDefinition, type InputDefinition } from "./table.ts";

/** Each name once and in one order, whoever gives them: names are part of the registry's compose hash. */
export function inOneOrder(variables: readonly RegistryVariable[]): readonly RegistryVariable[] {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  return [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** With the values that the environment has; one that it lacks keeps what was typed, if anything was. */
export function withRegistryValues<A extends Pick<Answers, "values">>(
  answers: A,
  env: NodeJS.ProcessEnv,
): A {
  const { registryEnv } = answers.values;
  if (registryEnv === undefined) return answers;
  const filled = registryEnv.map(({ name, value }) => ({ name, value: env[name] || value }));
  return { ...answers, values: { ...answers.values, registryEnv: inOneOrder(filled) } };
}

/** One input for each variable without a value: named, asked for and hidden like the other secrets. */
export function missingRegistryValues(
  variables: readonly RegistryVariable[] = [],
): readonly InputDefinition[] {
  const { key, group, description, parse } = inputDefinition("registryEnv");
  return variables
    .filter(({ value }) => value === "")
    .map(({ name }) => ({ key, group, description, parse, variables: [name], secret: true }));
}
