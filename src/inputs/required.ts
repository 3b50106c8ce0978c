/** Which inputs are required, and messages about missing ones. */
import { joinWords, type Words } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { missingRegistryValues } from "./registry-env.ts";
import { INPUTS, nameOfInput, type InputDefinition } from "./table.ts";
import type { InputValues } from "../core/settings.ts";

/** Whether the input is required with these values. */
export function isRequired(
  { required, requiredWith }: InputDefinition,
  { orchestratorSchema }: Partial<InputValues>,
): boolean {
  return required === true || (requiredWith !== undefined && requiredWith === orchestratorSchema);
}

/** What the schema of orchestrator.yml, or a variable of `--registry-env`, requires and what has no value. */
export function missingForCluster(values: Partial<InputValues>): readonly InputDefinition[] {
  const forSchema = INPUTS.filter(
    (input) => !input.required && isRequired(input, values) && values[input.key] === undefined,
  );
  return [...forSchema, ...missingRegistryValues(values.registryEnv)];
}

/** As a person must give it. */
export function nameOfMissing(input: InputDefinition): string {
  const { requiredWith } = input;
  if (input.key === "registryEnv") return `${nameOfInput(input)} (--registry-env)`;
  return `${nameOfInput(input)}${requiredWith === undefined ? "" : `, required with schema ${requiredWith}`}`;
}

export function lineOfMissing(missing: readonly InputDefinition[]): string {
  return `missing: ${missing.map(nameOfMissing).join(", ")}`;
}

/** `asks`: whether the command asks on a terminal for what is missing. `more`: what else may help. */
export function missingInputs(
  missing: readonly InputDefinition[],
  asks = true,
  more?: Words,
): ClusterError {
  const give = `give each as its flag or environment variable${asks ? ", or run on a terminal without --yes to be asked" : ""}`;
  return new ClusterError("input", "missing-inputs", {
    message: lineOfMissing(missing),
    hint: joinWords([give, ...(more === undefined ? [] : [more])], "\n"),
  });
}
