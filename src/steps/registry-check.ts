/** Before secrets are sent to the registry again: it runs what was given, and no variable of it gets lost. */
import { composeHashOf, type AppCompose } from "../app-compose.ts";
import type { ComposeFile } from "../compose/compose-file.ts";
import { ClusterError } from "../errors.ts";
import { APPROVED_LIST, WALLET } from "../compose/environment.ts";
import type { EnvironmentVariable } from "../ports.ts";
import { lastUpdate, type ClusterRecord } from "../state/record.ts";
import type { StepContext } from "../workflow/step.ts";
import { checkAppCompose, checkedHash, refuseOdd } from "./app-compose-check.ts";
import { isMadeHere } from "./neighbours.ts";
import type { Registry } from "./registry.ts";

export type RegistryCheckInput = {
  readonly registry: Registry;
  /** What a new registry must run; of one that existed only the names count. */
  readonly compose: ComposeFile | undefined;
  /** The whole environment that the update will send; undefined: not known yet. */
  readonly environment: readonly EnvironmentVariable[] | undefined;
  /** Names that may go: those that only the compose file had which a rollback takes back. */
  readonly expendable?: readonly string[] | undefined;
  readonly record: ClusterRecord;
  /** Whether a coordinator's wallet is of no use to it: schema v1 has none. */
  readonly mayLackWallet: boolean;
};

/**
 * Reads what the registry runs and checks it. A registry that this run deployed must run exactly our file. One that existed may have an older text, which the
 * update replaces; every name that it declares must get a value again, because values can't be read back.
 * @returns its app-compose.
 * @throws ClusterError (verification, or input `environment-incomplete`); nothing was sent.
 */
export async function checkRegistryCompose(
  input: RegistryCheckInput,
  existed: boolean,
  context: Pick<StepContext, "api" | "signal" | "warn" | "strict">,
): Promise<AppCompose> {
  const { registry, compose, environment = [] } = input;
  const found = await context.api.appCompose(registry.vmUuid, context.signal);
  if (found.kind !== "present")
    throw unreadable(registry, found.kind === "unknown" ? found.reason : "the API has none");
  const cvm = await context.api.findCvm(registry.vmUuid, context.signal);
  const composeHash = cvm.kind === "present" ? cvm.value.composeHash : registry.cvm.composeHash;
  if (existed) {
    refuseForgery(registry, found.value, composeHash);
    if (input.environment) refuseLostNames(input, found.value.allowed_envs ?? [], context);
    return found.value;
  }
  const odd = checkAppCompose(found.value, {
    name: registry.name,
    composeHash,
    composeText: compose?.text ?? "",
    environmentNames: environment.map(({ name }) => name),
    knownScripts: new Set(),
  });
  for (const { code, message } of odd) context.warn(code, message);
  refuseOdd(odd, context);
  return found.value;
}

function refuseForgery(registry: Registry, appCompose: AppCompose, composeHash: string | null): void {
  const hash = checkedHash(registry.name, composeHash);
  if (composeHashOf(appCompose) === hash) return;
  throw new ClusterError({
    kind: "verification",
    code: "compose-hash-mismatch",
    message: `the app-compose of ${registry.name} does not hash to the compose hash that Phala's API gives (${hash})`,
    hint: "no secret was sent to it; look at it with: phala cvms get " + registry.name,
  });
}

/** An empty value takes a key away as well as a missing name does; the list alone may be empty. */
function refuseLostNames(
  { registry, environment = [], expendable = [], record, mayLackWallet }: RegistryCheckInput,
  declared: readonly string[],
  context: Pick<StepContext, "api">,
): void {
  const given = lastUpdate(record, registry.appId)?.settings;
  const emptyBefore = (name: string): boolean => {
    if (name === APPROVED_LIST || (name === WALLET && mayLackWallet)) return true;
    // What a recorded run deployed without one never had one.
    return given ? given[name] === "" : isMadeHere(registry, record, context);
  };
  const sent = environment.filter(({ name, value }) => value !== "" || emptyBefore(name));
  const kept = new Set([...sent.map(({ name }) => name), ...expendable]);
  const lost = declared.filter((name) => !kept.has(name));
  if (lost.length === 0) return;
  throw new ClusterError({
    kind: "input",
    code: "environment-incomplete",
    message: `${registry.name} has environment variables that an update would lose: ${lost.join(", ")}`,
    hint: lost.includes(WALLET)
      ? `put ${WALLET} into the environment, as the orchestrator has it`
      : "refer to them in the registry's compose file only if tee-cluster sets them, or recreate the registry without them",
  });
}

function unreadable(registry: Registry, reason: string): ClusterError {
  return new ClusterError({
    kind: "verification",
    code: "app-compose-unreadable",
    message: `could not read what ${registry.name} runs, so no secret was sent to it: ${reason}`,
    hint: "run the same command again",
  });
}
