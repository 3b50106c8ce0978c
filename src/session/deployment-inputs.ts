/** The inputs of the commands that deploy and approve: schema v2 needs the coordinator's key and wallet too. */
import { withRegistryValues } from "../inputs/registry-env.ts";
import { missingForCluster } from "../inputs/required.ts";
import type { Answers, Resolution } from "../inputs/resolve.ts";
import type { Values } from "../inputs/values.ts";
import { readClusterRecord } from "../state/verified-state.ts";
import { findStateDirectory } from "../state/cluster-folder.ts";
import { withRegistryInputs, readRecord } from "./cluster-session.ts";
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

/**
 * The inputs with the recorded values of their cluster in place of defaults, and the sandbox's keys where needed.
 * @returns also the registry, where it was looked up.
 */
export async function withClusterValues(
  answers: Answers,
  prepared: Preparation,
): ReturnType<typeof withRegistryInputs<Answers>> {
  const { clusterName } = answers.values;
  const recorded =
    clusterName === undefined
      ? { resolution: answers, taken: [] }
      : await withRegistryInputs(answers, await readRecord(prepared, clusterName), prepared);
  const valued = withRegistryValues(recorded.resolution, prepared.env);
  return { ...recorded, resolution: await withSandboxKey(valued, prepared.sandbox) };
}

/** The answers with the sandbox's own key and wallet, where the schema requires them and they are not given. */
export async function withSandboxKey<A extends Answers>(
  answers: A,
  sandbox: SandboxHandle | undefined,
): Promise<A> {
  return withOwnKeys(answers, await ownKeys(answers.values, sandbox));
}

/** What the sandbox has of its own, and where it is from then. */
const OWN = { gatewayKeyPath: "default", coordinatorWallet: "default" } as const;

type OwnKeys = Pick<Partial<Values>, keyof typeof OWN>;

/** Made at their first use; undefined where they are not needed. */
async function ownKeys(
  values: Partial<Values>,
  sandbox: SandboxHandle | undefined,
): Promise<OwnKeys | undefined> {
  const isLacking = missingForCluster(values).some(({ key }) => key in OWN);
  if (!sandbox || !isLacking) return undefined;
  const gatewayKeyPath = values.gatewayKeyPath ?? (await sandbox.gatewayKey());
  const coordinatorWallet = values.coordinatorWallet ?? (await sandbox.walletOf(gatewayKeyPath));
  return { gatewayKeyPath, coordinatorWallet };
}

const withOwnKeys = <A extends Answers>(answers: A, own: OwnKeys | undefined): A =>
  own === undefined
    ? answers
    : {
        ...answers,
        values: { ...answers.values, ...own },
        origins: { ...OWN, ...answers.origins },
      };

async function withNeedsOfCluster(
  resolution: Resolution,
  env: NodeJS.ProcessEnv,
  sandbox: SandboxHandle | undefined,
): Promise<Resolution> {
  const { problems, missing } = resolution;
  const { values } =
    problems.length > 0
      ? resolution
      : withRegistryValues(await asOnRecord(resolution, sandbox), env);
  const own = await ownKeys(values, sandbox);
  // What was given and is wrong is a problem, and not missing.
  const lacking = missingForCluster({ ...values, ...own }).filter(
    ({ key }) => !problems.some(({ input }) => input.key === key),
  );
  // Only the keys: what is recorded of a cluster is filled in later, once its name is certain.
  return { ...withOwnKeys(resolution, own), missing: [...missing, ...lacking] };
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
  const apiHost = stateHostOf(sandbox, new URL(phalaApiUrl).host);
  // No request yet: the host names decide.
  const directory = await findStateDirectory({ stateDir, apiHost, cluster: clusterName }, null);
  const record = await readClusterRecord(directory, clusterName);
  // A cluster that was destroyed, and is set up again, begins with the defaults.
  if (record.registryCreations.length + record.adoptedRegistries.length === 0) return resolution;
  return withRecordedInputs(resolution, record).resolution;
}
