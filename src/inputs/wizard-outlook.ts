/** Describes the effects of the answers: what is created and paid for, and what happens to an existing registry. */
import { registryName, temporaryRunnerName, type RegistryOwnership } from "../core/domain.ts";
import { renderChange, type ConfigChange } from "../orchestrator/config-changes.ts";
import type { Answers } from "./resolve.ts";
import type { ClusterInputs } from "../core/settings.ts";
import type { Offers } from "./wizard-answers.ts";

/** An existing registry of the cluster. */
export type ExistingRegistry = {
  readonly name: string;
  /** Null if the platform does not report it (yet). */
  readonly appId: string | null;
  /** ISO 8601. */
  readonly createdAt: string | null;
  readonly ownership: RegistryOwnership;
};

/** The effects of the answers, from the checks. */
export type Outlook = {
  readonly registry: ExistingRegistry | undefined;
  /** Whether a compose hash is recorded for the runner's file and names, so that perhaps none must be read. */
  readonly hashRecorded: boolean;
  /** What step 10 changes in an existing orchestrator.yml; absent where that can't be known yet. */
  readonly configChanges?: readonly ConfigChange[];
};

/** In every word true whatever the run then finds: it says "may" where only the run can tell. */
export function describeOutlook(
  { registry, hashRecorded, configChanges = [] }: Outlook,
  inputs: ClusterInputs,
  offers: Offers,
  answers: Answers,
): string {
  const { clusterName, instanceType, orchestratorConfig } = inputs.cluster;
  const rate = offers.instanceTypes.find(({ id }) => id === instanceType)?.hourlyRate;
  const size = `${instanceType}${rate === undefined ? "" : ` at $${rate} an hour`}`;
  const runner = temporaryRunnerName(clusterName);
  const made = registryName(clusterName).padEnd(runner.length);
  return [
    ...(registry === undefined ? [] : [...thereAlready(registry), ""]),
    heading(answers, registry !== undefined && hashRecorded),
    ...(registry === undefined ? [`  ${made}  ${size}, for as long as it runs`] : []),
    `  ${runner}  ${size}, until this run deletes it`,
    ...(hashRecorded ? ["  and that only if the recorded compose hash no longer holds"] : []),
    ...changesOf(configChanges, orchestratorConfig),
  ].join("\n");
}

function changesOf(changes: readonly ConfigChange[], file: string): string[] {
  if (changes.length === 0) return [];
  const lines = changes.map((change) => `  ${renderChange(change)}`);
  return ["", `In ${file} this changes (the file from before is kept as ${file}.bak):`, ...lines];
}

function heading({ origins }: Answers, perhapsNothing: boolean): string {
  const creates = perhapsNothing ? "This creates at most" : "This creates";
  // Only the sandbox has a key of its own.
  return origins.phalaApiKey === "default"
    ? `${creates}, in the sandbox, free of charge (on Phala Cloud you would pay for it):`
    : `${creates}, and you pay for:`;
}

function thereAlready(registry: ExistingRegistry): string[] {
  const { name, ownership } = registry;
  if (ownership === "adopted")
    return [`${name} is there already, and is taken over:`, identity(registry), ...TAKING_OVER];
  return [
    `${name} is there already, and is not made again:`,
    identity(registry),
    "Where something differs from what it was given, it is updated and may restart:",
    "models on it stop then.",
  ];
}

/** Shown before the choice "Take over". */
export function describeTakeOver(registry: ExistingRegistry): string {
  return [`To take over ${registry.name} means:`, identity(registry), ...TAKING_OVER].join("\n");
}

/** Wrapped by hand: a terminal would break within words. */
const TAKING_OVER: readonly string[] = [
  "  - it counts as this cluster's from then on, for all runs on this machine;",
  "  - its compose file and its whole environment may be replaced;",
  "    the AWS secret is sent to it with that;",
  "  - it may restart: models on it stop then;",
  "  - compose hashes that it approves now, and that no live runner has,",
  "    may be gone from its list.",
];

function identity({ appId, createdAt }: ExistingRegistry): string {
  const id = `  app_id ${appId ?? "not known yet"}`;
  return createdAt === null ? id : `${id}, since ${createdAt.slice(0, 10)}`;
}
