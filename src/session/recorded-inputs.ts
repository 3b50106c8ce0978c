/**
 * Inputs that a cluster was given before, in place of defaults: an update must not send the default region to a registry
 * in another one, or use the environment names of the wrong schema.
 */
import { furtherNames, WALLET, environmentNamesOf } from "../compose/environment.ts";
import { command, hint } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { inOneOrder } from "../inputs/registry-env.ts";
import type { InputKey } from "../inputs/table.ts";
import type { Answers } from "../inputs/resolve.ts";
import type { ClusterInputs, RegistryVariable } from "../core/settings.ts";
import type { ApprovedRecord, ComposeHashRecord } from "../state/record.ts";
import { fillIn, type RawInput } from "./fill-in.ts";

/** The registry's environment names that stand for an input. */
const INPUT_OF: Readonly<Record<string, InputKey>> = {
  AWS_REGION: "awsRegion",
  CAPACITY_THRESHOLD: "capacityThreshold",
  CVM_BASE_DOMAIN: "cvmBaseDomain",
  GATEWAY_AUTH_COORDINATOR_WALLET: "coordinatorWallet",
};

/** The parts of a cluster's record that are used, the newest last. */
export type RecordedInputs = {
  readonly approvals: readonly Pick<ApprovedRecord, "settings">[];
  readonly composeHashes: readonly Pick<ComposeHashRecord, "allowedEnvs">[];
};

/** Only orchestrators of schema v2 give their runners this. */
const V2_NAME = "MODEL_MEMORY_LIMIT_MB";

export type WithRecordedInputs<A extends Answers> = {
  readonly resolution: A;
  /** For messages: what was taken that is not the default. */
  readonly taken: readonly string[];
};

/** Takes recorded values for inputs that nobody gave: flag, environment, config file and the operator go first. */
export function withRecordedInputs<A extends Answers>(
  resolution: A,
  record: RecordedInputs,
): WithRecordedInputs<A> {
  const { values, origins } = resolution;
  // A file that has been migrated since is not taken back to the schema that the runners had.
  const isMigrated = (key: InputKey): boolean =>
    key === "orchestratorSchema" && origins[key] === "orchestrator.yml" && values[key] === "v2";
  const { answers, taken } = fillIn(resolution, "record", recordedValues(record), isMigrated);
  // Mostly what the API says too, and then not worth a message.
  const reported = [...taken].filter(([key]) => key !== "cvmBaseDomain");
  return { resolution: answers, taken: reported.map(([, text]) => text) };
}

function recordedValues(record: RecordedInputs): readonly RawInput[] {
  const given = record.approvals.at(-1)?.settings ?? {};
  const settings = Object.entries(given);
  const further = furtherNames(environmentNamesOf(given));
  const names = record.composeHashes.at(-1)?.allowedEnvs;
  return [
    ...settings.flatMap(([name, text]): RawInput[] => {
      const key = INPUT_OF[name];
      return key === undefined || text === "" ? [] : [[key, text]];
    }),
    ...(further.length === 0 ? [] : [["registryEnv", further] as const]),
    ...(names === undefined
      ? []
      : [["orchestratorSchema", names.includes(V2_NAME) ? "v2" : "v1"] as const]),
  ];
}

/** The inputs with the settings that a registry was given with an earlier list: a rollback restores them too. */
export function inputsAsOf(
  inputs: ClusterInputs,
  settings: Readonly<Record<string, string>>,
): ClusterInputs {
  const { cluster, aws } = inputs;
  const threshold = Number(settings["CAPACITY_THRESHOLD"]);
  return {
    ...inputs,
    aws: { ...aws, region: settings["AWS_REGION"] || aws.region },
    cluster: {
      ...cluster,
      capacityThreshold: threshold > 0 ? threshold : cluster.capacityThreshold,
      cvmBaseDomain: settings["CVM_BASE_DOMAIN"] || cluster.cvmBaseDomain,
      coordinatorWallet: settings[WALLET] || cluster.coordinatorWallet,
      registryEnv: variablesAsOf(furtherNames(environmentNamesOf(settings)), cluster.registryEnv),
    },
  };
}

/** @throws ClusterError `missing-inputs` (input) for one whose value nobody gives now: values are not recorded. */
function variablesAsOf(
  names: readonly string[],
  given: readonly RegistryVariable[],
): readonly RegistryVariable[] {
  const missing = names.filter((name) => given.every((variable) => variable.name !== name));
  if (missing.length === 0) return inOneOrder(given.filter(({ name }) => names.includes(name)));
  throw new ClusterError("input", "missing-inputs", {
    message: `missing: ${missing.join(", ")}, which the registry had with the earlier list`,
    hint: hint`put the values into the environment, and name them: ${command("rotate-hash", "--rollback", ...missing.flatMap((name) => ["--registry-env", name]))}`,
  });
}
