/** The inputs of the commands that deploy and approve: schema v2 needs the coordinator's key and wallet too. */
import { withRegistryValues } from "../inputs/registry-env.ts";
import { missingForCluster } from "../inputs/required.ts";
import type { Answers, Resolution } from "../inputs/resolve.ts";
import { readClusterRecord } from "../state/verified-state.ts";
import { findStateDirectory } from "../state/cluster-folder.ts";
import type { CommandRun, SandboxHandle } from "./dependencies.ts";
import { prepare, stateHostOf, type Completion, type Preparation } from "./preparation.ts";
import { withRecordedInputs } from "./recorded-inputs.ts";

/** `prepare`, with what schema v2 and further variables need, given or recorded, among what is missing. @throws as `prepare`. */
export function prepareDeployment(
  run: CommandRun,
  { remember = false }: { readonly remember?: boolean } = {},
): Promise<Preparation> {
  const complete: Completion = (resolution, sandbox) =>
    withNeedsOfCluster(resolution, run.env, sandbox);
  return prepare(run, { complete, remember });
}

/** Where the schema requires a key and a wallet and they are not given: the sandbox's own, made at their first use. */
export async function withSandboxKey<A extends Answers>(
  answers: A,
  sandbox: SandboxHandle | undefined,
): Promise<A> {
  const lacking = missingForCluster(answers.values).map(({ key }) => key);
  if (!sandbox || !lacking.some((key) => key in OWN)) return answers;
  const gatewayKeyPath = answers.values.gatewayKeyPath ?? (await sandbox.gatewayKey());
  const coordinatorWallet =
    answers.values.coordinatorWallet ?? (await sandbox.walletOf(gatewayKeyPath));
  return {
    ...answers,
    values: { ...answers.values, gatewayKeyPath, coordinatorWallet },
    origins: { ...OWN, ...answers.origins },
  };
}

/** What the sandbox has of its own, and where it is from then. */
const OWN = { gatewayKeyPath: "default", coordinatorWallet: "default" } as const;

async function withNeedsOfCluster(
  resolution: Resolution,
  env: NodeJS.ProcessEnv,
  sandbox: SandboxHandle | undefined,
): Promise<Resolution> {
  const { problems, missing } = resolution;
  const recorded =
    problems.length > 0
      ? resolution
      : withRegistryValues(await asOnRecord(resolution, sandbox), env);
  const complete = await withSandboxKey(recorded, sandbox);
  // What was given and is wrong is a problem, and not missing.
  const lacking = missingForCluster(complete.values).filter(
    ({ key }) => !problems.some(({ input }) => input.key === key),
  );
  const known = complete === recorded ? resolution : withOwnKeys(resolution, complete);
  return { ...known, missing: [...missing, ...lacking] };
}

/** Only these: what is recorded of a cluster is filled in later, once its name is certain. */
function withOwnKeys(resolution: Resolution, { values }: Answers): Resolution {
  const { gatewayKeyPath, coordinatorWallet } = values;
  const own = {
    ...(gatewayKeyPath ? { gatewayKeyPath } : {}),
    ...(coordinatorWallet ? { coordinatorWallet } : {}),
  };
  return {
    ...resolution,
    values: { ...resolution.values, ...own },
    origins: { ...OWN, ...resolution.origins },
  };
}

/** As a run will see them, from this machine's record alone: the key that asking Phala takes may be missing too. */
async function asOnRecord(
  resolution: Resolution,
  sandbox: SandboxHandle | undefined,
): Promise<Resolution> {
  const { values } = resolution;
  const { clusterName, stateDir, phalaApiUrl } = values;
  if (clusterName === undefined || stateDir === undefined || phalaApiUrl === undefined)
    return resolution;
  const host = stateHostOf(sandbox, new URL(phalaApiUrl).host);
  // No request yet: the host names decide.
  const directory = await findStateDirectory(
    { stateDir, apiHost: host, cluster: clusterName },
    null,
  );
  const record = await readClusterRecord(directory, clusterName);
  // A cluster that was destroyed, and is set up again, begins with the defaults.
  if (record.registryCreations.length + record.adoptedRegistries.length === 0) return resolution;
  return withRecordedInputs(resolution, record).resolution;
}
