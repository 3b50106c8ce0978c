/** The inputs of the commands that deploy and approve: with schema v2 they need the coordinator's key too. */
import { missingForSchema, type Answers, type Resolution } from "../inputs/resolve.ts";
import type { Values } from "../inputs/values.ts";
import { readClusterRecord } from "../state/verified-state.ts";
import { findStateDirectory } from "../state/cluster-folder.ts";
import type { CommandDependencies, CommonFlags, SandboxHandle } from "./dependencies.ts";
import { prepare, stateHostOf, type Preparation } from "./preparation.ts";
import { withRecordedInputs } from "./recorded-inputs.ts";

/** `prepare`, with the key of schema v2, given or recorded, among what is missing. @throws as `prepare`. */
export function prepareDeployment(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  { remember = false }: { readonly remember?: boolean } = {},
): Promise<Preparation> {
  return prepare(dependencies, flags, { complete: withNeedsOfSchema, remember });
}

/** Where the schema requires a key and there is none: the sandbox's own, made at its first use. */
export async function withSandboxKey<A extends Answers>(
  answers: A,
  sandbox: SandboxHandle | undefined,
): Promise<A> {
  if (!sandbox || missingForSchema(answers.values).length === 0) return answers;
  return withKey(answers, await sandbox.gatewayKey());
}

function withKey<A extends Answers>(answers: A, gatewayKeyPath: string): A {
  const { values, origins } = answers;
  return {
    ...answers,
    values: { ...values, gatewayKeyPath },
    origins: { ...origins, gatewayKeyPath: "default" },
  };
}

async function withNeedsOfSchema(
  resolution: Resolution,
  sandbox: SandboxHandle | undefined,
): Promise<Resolution> {
  const { problems, missing } = resolution;
  const values = problems.length > 0 ? resolution.values : await valuesAsRecorded(resolution, sandbox);
  // What was given and is wrong is a problem, and not missing.
  const lacking = missingForSchema(values).filter(
    ({ key }) => !problems.some(({ input }) => input.key === key),
  );
  if (lacking.length === 0) return resolution;
  if (sandbox) return withKey(resolution, await sandbox.gatewayKey());
  return { ...resolution, missing: [...missing, ...lacking] };
}

/** As a run will see them, from this machine's record alone: the key that asking Phala takes may be missing too. */
async function valuesAsRecorded(
  resolution: Resolution,
  sandbox: SandboxHandle | undefined,
): Promise<Partial<Values>> {
  const { values } = resolution;
  const { clusterName, stateDir, phalaApiUrl } = values;
  if (clusterName === undefined || stateDir === undefined || phalaApiUrl === undefined) return values;
  const host = stateHostOf(sandbox, new URL(phalaApiUrl).host);
  // No request yet: the host names decide.
  const directory = await findStateDirectory({ stateDir, apiHost: host, cluster: clusterName }, null);
  const record = await readClusterRecord(directory, clusterName);
  // A cluster that was destroyed, and is set up anew, begins with the defaults.
  if (record.registryCreations.length + record.adoptedRegistries.length === 0) return values;
  return withRecordedInputs(resolution, record).resolution.values;
}
