/** The typed values of the inputs, and how they become what the commands work with. */
import { INSTANCE_MEMORY_MB } from "../core/domain.ts";
import type {
  AwsCredentials,
  ClusterInputs,
  ClusterSettings,
  Connection,
  Crunch,
  InputValues,
} from "../core/settings.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { missingForCluster, missingInputs } from "./required.ts";
import { inputDefinition, inputsIn, type InputKey } from "./table.ts";

export { InvalidValue } from "./parsers.ts";

/** The values of the inputs that are set and right. */
export type Values = { -readonly [K in InputKey]: NonNullable<InputValues[K]> };

/** A value that `assertNoProblems` has made sure of. */
export function known<K extends keyof Values>(values: Partial<Values>, key: K): Values[K] {
  const value = values[key];
  if (value === undefined) throw new Error(`input ${key} was not resolved`);
  return value;
}

/**
 * The values of these inputs, with the types that commands work with: of an optional one it may be undefined.
 * @throws Error where one is missing that `assertNoProblems` should have reported.
 */
export function pickValues<K extends InputKey>(
  values: Partial<Values>,
  keys: readonly K[],
): Pick<InputValues, K> {
  const entries = keys.map((key) => [key, valueOf(values, key)]);
  return Object.fromEntries(entries) as Pick<InputValues, K>;
}

function valueOf(values: Partial<Values>, key: InputKey): unknown {
  const { optional = false, requiredWith } = inputDefinition(key);
  if (key === "registryEnv") return values.registryEnv ?? [];
  if (key === "crunches") return values.crunches ?? [defaultCrunch(known(values, "clusterName"))];
  return optional || requiredWith !== undefined ? values[key] : known(values, key);
}

export function toConnection(values: Partial<Values>): Connection {
  return pickValues(values, inputsIn("connection")) as Connection;
}

export function toAws(values: Partial<Values>): AwsCredentials {
  return {
    accessKeyId: known(values, "awsAccessKeyId"),
    secretAccessKey: known(values, "awsSecretAccessKey"),
    region: known(values, "awsRegion"),
  };
}

export function toClusterSettings(values: Partial<Values>): ClusterSettings {
  return pickValues(values, inputsIn("cluster")) as ClusterSettings;
}

/** Everything that `init` needs, with the checks that take two inputs. @throws ClusterError (input). */
export function toClusterInputs(values: Partial<Values>): ClusterInputs {
  const inputs = {
    hashFrom: known(values, "hashFrom"),
    connection: toConnection(values),
    cluster: toClusterSettings(values),
    aws: toAws(values),
  };
  const missing = missingForCluster(values);
  if (missing.length > 0) throw missingInputs(missing);
  assertNoContradictions(inputs.cluster);
  return inputs;
}

/** The orchestrator's own habit: `bird-tracker` is the crunch `bird_tracker`, called "bird tracker". */
export function defaultCrunch(cluster: string): Crunch {
  return { id: cluster.replaceAll("-", "_"), name: cluster.replaceAll("-", " ") };
}

/** What two inputs, each right for itself, can't be together. */
export function contradictionsIn(cluster: ClusterSettings): readonly string[] {
  return [memoryProblem(cluster), crunchProblem(cluster), ...valueProblems(cluster)].filter(
    (text) => text !== undefined,
  );
}

export function assertNoContradictions(cluster: ClusterSettings): void {
  const problems = contradictionsIn(cluster);
  if (problems.length === 0) return;
  const hint = "change one of the two";
  throw new ClusterError("input", "invalid-inputs", { message: problems.join("\n"), hint });
}

function memoryProblem({ instanceType, memoryPerModelMb }: ClusterSettings): string | undefined {
  const memory = INSTANCE_MEMORY_MB[instanceType];
  if (memory === undefined || memoryPerModelMb <= memory) return undefined;
  return `--memory-per-model: ${memoryPerModelMb} MB is more than a ${instanceType} has (${memory} MB)`;
}

/** A value comes from the environment, where it may have several lines; it is not repeated. */
function valueProblems({ registryEnv }: ClusterSettings): readonly string[] {
  return registryEnv
    .filter(({ value }) => /[\r\n\0]/.test(value))
    .map(
      ({ name }) => `${name}: has a line break in it, which phala's environment files can't carry`,
    );
}

function crunchProblem({ crunches }: ClusterSettings): string | undefined {
  const ids = crunches.map((crunch) => crunch.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined
    ? undefined
    : `--crunch: the id ${JSON.stringify(twice)} is given twice`;
}
