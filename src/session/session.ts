/** A run's session on one cluster: its lock, its journal, the record of earlier runs, and the deps of the steps. */
import { ClusterError } from "../errors/cluster-error.ts";
import {
  appComposeStore,
  registryComposeStore,
  type AppComposeStore,
} from "../state/app-compose-store.ts";
import { openHistory } from "../state/history.ts";
import { readVerifiedState } from "../state/verified-state.ts";
import { openJournal } from "../state/journal.ts";
import { recordWorkspace } from "../state/cluster-folder.ts";
import { acquireLock } from "../state/lock.ts";
import type { ClusterRecord } from "../state/record.ts";
import { prepareStateDirectory, type StateDirectory } from "../state/state-directory.ts";
import { cleanupSignals } from "../workflow/cleanup.ts";
import { forgetGone } from "../workflow/forget-gone.ts";
import { directoryOf } from "./cluster-session.ts";
import type { Preparation } from "./preparation.ts";
import { Mutations } from "../workflow/mutations.ts";
import type { StepDeps } from "../workflow/step.ts";
import { hostname } from "node:os";
import { holdsSecret as looksSecret } from "../compose/environment.ts";
import type { AppCompose } from "../core/compose-hash.ts";

export type Session = {
  readonly directory: StateDirectory;
  readonly deps: StepDeps;
  readonly record: ClusterRecord;
  readonly store: AppComposeStore;
  readonly registryStore: AppComposeStore;
};

/**
 * Takes the cluster's lock, runs the body, records how it ended, releases the lock.
 * @throws ClusterError `run-in-progress` (conflict) or `state-unwritable` (prerequisite) before the body.
 */
export async function withSession<T>(
  command: string,
  cluster: string,
  prepared: Preparation,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const { clock, stopwatch, ledger, signal, emit, redactor } = prepared;
  ledger.cluster = cluster;
  const directory = await directoryOf(prepared, cluster);
  const workspaceId = await prepared.workspaceId();
  await prepareStateDirectory(directory);
  const onWait = (message: string): void => emit({ type: "note", message });
  const lock = await stopwatch.measure("lock", () =>
    acquireLock(directory, { command, ...clock, signal, onWait }),
  );
  const release = (): void => lock.release();
  // A second Ctrl-C leaves through process.exit, past every finally.
  process.once("exit", release);
  try {
    await recordWorkspace(directory, prepared.stateHost, workspaceId);
    const state = await readVerifiedState(directory, cluster, { fresh: true });
    const journal = openJournal(directory, clock.now, () => lock.assertHeld());
    await journal.append({ type: "run-started", command, pid: process.pid, host: hostname() });
    const deps = stepDeps(prepared, { journal, history: openHistory(directory, clock.now) });
    const keep = (store: AppComposeStore): AppComposeStore =>
      secretFree(
        store,
        (text) => redactor.holdsWhole(text),
        (message) => emit({ type: "warning", warning: { code: "compose-not-stored", message } }),
      );
    const allStored = registryComposeStore(directory, state, (hash) =>
      journal.append({ type: "registry-compose", hash }),
    );
    const store = keep(appComposeStore(directory, state));
    const stores = { store, registryStore: keep(allStored) };
    const outcome = await body({ directory, deps, record: state.record, ...stores }).catch(
      async (error: unknown) => {
        const code = error instanceof ClusterError ? error.code : "internal-error";
        await forgetGone(deps);
        // The failure that ends the run is the one to report, even where the disk is full by now.
        await journal
          .append({ type: "run-finished", outcome: "failed", code })
          .catch(() => undefined);
        throw error;
      },
    );
    await journal.append({ type: "run-finished", outcome: "done", code: null });
    return outcome;
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function stepDeps(
  { ports, connection, clock, ledger, signal, flags: { strict } }: Preparation,
  { journal, history }: Pick<StepDeps, "journal" | "history">,
): StepDeps {
  const { timeoutMs, pollIntervalMs } = connection;
  const { api, spawntee } = ports;
  const cleanup = cleanupSignals(signal, clock.deadline);
  const mutations = new Mutations({ ...ports, journal, clock, cleanup, ledger, timeoutMs });
  const limits = { timeoutMs, pollIntervalMs, strict };
  return { api, spawntee, mutations, journal, history, clock, signal, cleanup, ...limits };
}

/** @param onWithheld called for each one that is not stored: the next run reads it from the platform again. */
function secretFree(
  store: AppComposeStore,
  holdsSecret: (text: string) => boolean,
  onWithheld: (message: string) => void,
): AppComposeStore {
  const isSecret = (text: string): boolean => looksSecret(text) || holdsSecret(text);
  return {
    ...store,
    async save(appCompose) {
      const part = PARTS.find((name) => isSecret(appCompose[name] ?? ""));
      if (part === undefined) return store.save(appCompose);
      onWithheld(
        `a secret is written into ${WORDS[part]}: it is not kept in the state directory, so the next run can't reuse its hash; pass it in a variable instead`,
      );
    },
  };
}

const PARTS = ["docker_compose_file", "pre_launch_script"] as const satisfies (keyof AppCompose)[];
const WORDS = { docker_compose_file: "a compose file", pre_launch_script: "a pre-launch script" };
