/** An update replaces the registry's whole environment, so it must set every variable that the registry declares. */
import { APPROVED_LIST, furtherNames, WALLET, environmentNamesOf } from "../compose/environment.ts";
import { command, hint, joinWords, type Words } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { EnvironmentVariable } from "../core/ports.ts";
import type { AppCompose } from "../core/compose-hash.ts";
import { placeholdersIn } from "../compose/interpolation.ts";
import { lastUpdate, type ClusterRecord } from "../state/record.ts";
import type { StepContext } from "../workflow/step.ts";
import { isMadeHere } from "./concurrent-updates.ts";
import { candidateConfigs } from "./last-known-config.ts";
import type { Registry } from "./registry.ts";

export type RequiredVariables = {
  readonly registry: Registry;
  /** The whole environment that the update will send. */
  readonly environment: readonly EnvironmentVariable[];
  /** Names that may go: those that only the compose file had which a rollback takes back. */
  readonly expendable?: readonly string[] | undefined;
  readonly record: ClusterRecord;
  /** Whether a coordinator's wallet is of no use to it: schema v1 has none. */
  readonly walletOptional: boolean;
};

/**
 * An empty value takes a key away as well as a missing name does; the list alone may be empty.
 * @param declared the names that the registry was deployed with (`allowed_envs`).
 * @throws ClusterError `environment-incomplete` (input).
 */
export function assertNamesKept(
  { registry, environment, expendable = [], record, walletOptional }: RequiredVariables,
  declared: readonly string[],
): void {
  const given = candidateConfigs(registry, record);
  const emptyBefore = (name: string): boolean => {
    if (name === APPROVED_LIST || (name === WALLET && walletOptional)) return true;
    return given.length > 0 && given.every((it) => it.isEmpty(name));
  };
  const sent = environment.filter(({ name, value }) => value !== "" || emptyBefore(name));
  const kept = new Set([...sent.map(({ name }) => name), ...expendable]);
  const lost = declared.filter((name) => !kept.has(name));
  if (lost.length === 0) return;
  throw new ClusterError("input", "environment-incomplete", {
    message: `${registry.name} has environment variables that an update would lose: ${lost.join(", ")}`,
    hint: howToKeep(lost, declared),
  });
}

/** A further variable is named with those that are there already: the flag stands for the whole list. */
function howToKeep(lost: readonly string[], declared: readonly string[]): Words {
  const further = furtherNames(lost);
  const ours = lost.filter((name) => name !== WALLET && !further.includes(name));
  const flags = furtherNames(declared).flatMap((name) => ["--registry-env", name]);
  const parts: readonly Words[] = [
    "nothing was sent",
    ...(lost.includes(WALLET)
      ? [`; put ${WALLET} into the environment, as the orchestrator has it`]
      : []),
    ...(further.length === 0
      ? []
      : [
          hint`; put the values of ${further.join(", ")} into the environment, and run: ${command("rotate-hash", ...flags)}`,
        ]),
    ...(ours.length === 0
      ? []
      : [`; refer to ${ours.join(", ")} in the registry's compose file again`]),
  ];
  return joinWords(parts, "");
}

type Unlisted = Pick<RequiredVariables, "registry" | "record"> & {
  /** Whether nobody else has updated it. */
  readonly certain: boolean;
  readonly force?: boolean;
};

/**
 * The names of a registry whose app-compose has no `allowed_envs`: those of its last update here, else those that its
 * compose file refers to, with the operator's word that there are no others.
 * @throws ClusterError `environment-unknown` (verification).
 */
export function namesWithoutList(
  { registry, record, certain, force = false }: Unlisted,
  appCompose: AppCompose,
  context: Pick<StepContext, "warn">,
): readonly string[] {
  const names = placeholdersIn(appCompose.docker_compose_file ?? "").map(({ name }) => name);
  const given = lastUpdate(record, registry.appId);
  if (certain && given) return environmentNamesOf(given.settings);
  if (certain && isMadeHere(registry, record)) return names;
  const known = `the app-compose of ${registry.name} does not name its environment variables (no allowed_envs), and no update of it is recorded here; its compose file refers to ${names.join(", ") || "none"}`;
  if (force) {
    context.warn("environment-unknown", `${known}; going on with these (--force-update)`);
    return names;
  }
  throw new ClusterError("verification", "environment-unknown", {
    message: `${known}: an update would lose any other`,
    hint: hint`nothing was sent; run it on the machine that set the registry up, or, if it has no other variables: ${command("rotate-hash", "--force-update")}`,
  });
}
