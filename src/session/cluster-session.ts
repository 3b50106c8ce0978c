/** What the commands that work on a cluster share before they have their session: its facts, its folder, its limits. */
import { clusterFactsOf } from "./facts.ts";
import type { ClusterFacts, Facts } from "./facts.ts";
import type { Answers } from "../inputs/resolve.ts";
import type { ClusterSettings, InputKey } from "../core/settings.ts";
import { readClusterRecord } from "../state/verified-state.ts";
import { openAttempts, type ClusterRecord } from "../state/record.ts";
import { findStateDirectory, isAnyRecorded } from "../state/cluster-folder.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import type { Adoption, Cvm } from "../core/domain.ts";
import type { Lookup } from "../core/ports.ts";
import type { SessionOptions } from "./session.ts";
import { findRegistry } from "./cluster-cvms.ts";
import type { Preparation } from "./preparation.ts";
import { withRecordedInputs, type WithRecordedInputs } from "./recorded-inputs.ts";

type Whereabouts = Pick<Preparation, "connection" | "stateHost" | "workspaceId">;

/** Where a cluster is recorded. Asks the platform whose it is, where there is anything to tell apart. */
export async function directoryOf(
  { connection, stateHost, workspaceId }: Whereabouts,
  cluster: string,
): Promise<StateDirectory> {
  const place = { stateDir: connection.stateDir, apiHost: stateHost, cluster };
  return findStateDirectory(place, (await isAnyRecorded(place)) ? await workspaceId() : null);
}

/** What this machine has recorded of a cluster so far; empty where it never saw it. */
export async function readRecord(prepared: Preparation, cluster: string): Promise<ClusterRecord> {
  return readClusterRecord(await directoryOf(prepared, cluster), cluster);
}

export async function clusterFacts(
  facts: Facts,
  cluster: ClusterSettings,
  prepared: Preparation,
  adoption: Adoption,
  given?: ReadonlySet<InputKey>,
  found?: Lookup<Cvm>,
): Promise<ClusterFacts> {
  return clusterFactsOf(
    facts,
    cluster,
    await readRecord(prepared, cluster.clusterName),
    adoption,
    given,
    found,
  );
}

export async function sessionOptions(
  command: string,
  cluster: string,
  prepared: Preparation,
): Promise<SessionOptions> {
  const { clock, stopwatch, ledger, signal, emit, redactor, flags } = prepared;
  const { timeoutMs, pollIntervalMs } = prepared.connection;
  ledger.belongTo(cluster);
  return {
    command,
    cluster,
    directory: await directoryOf(prepared, cluster),
    apiHost: prepared.stateHost,
    workspaceId: await prepared.workspaceId(),
    ...prepared.ports,
    clock,
    stopwatch,
    ledger,
    signal,
    timeoutMs,
    pollIntervalMs,
    strict: flags.strict,
    onWait: (message) => emit({ type: "note", message }),
    holdsSecret: (text) => redactor.holdsWhole(text),
    onWithheld: (message) =>
      emit({ type: "warning", warning: { code: "compose-not-stored", message } }),
  };
}

/**
 * The inputs with what the registry that is there now was given before, where nothing else is said: one of that
 * name may have been deleted and created again.
 * @returns also the registry, where it was looked up.
 */
export async function asRecorded<A extends Answers>(
  resolution: A,
  record: ClusterRecord,
  { ports, signal }: Preparation,
): Promise<WithRecordedInputs<A> & { readonly found?: Lookup<Cvm> }> {
  const { approvals, composeHashes } = record;
  const { clusterName } = resolution.values;
  if (clusterName === undefined || approvals.length === 0)
    return withRecordedInputs(resolution, record);
  const found = await findRegistry(clusterName, record, ports.api, signal);
  // Without an answer the last one that was given anything stands in for it: better than defaults.
  if (found.kind === "unknown") return withRecordedInputs(resolution, record);
  // A cluster that is gone, and set up again, begins with the defaults.
  if (found.kind === "absent" || found.value.appId === null)
    return { resolution, taken: [], found };
  const { appId } = found.value;
  const own = approvals.filter((approval) => approval.appId === appId);
  const given = [...own, ...openAttempts(record, appId)];
  return { ...withRecordedInputs(resolution, { approvals: given, composeHashes }), found };
}
