/** A run's hold on one cluster: its lock, its journal, what earlier runs recorded, and the workbench for the steps. */
import { ClusterError } from "../errors/cluster-error.ts";
import type { Stopwatch } from "../core/stopwatch.ts";
import type { Clock, CloudApi, PhalaCli, Spawntee } from "../core/ports.ts";
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
import type { Ledger } from "../workflow/ledger.ts";
import { Mutations } from "../workflow/mutations.ts";
import type { StepDeps } from "../workflow/step.ts";
import { hostname } from "node:os";
import { holdsSecret as looksSecret } from "../compose/environment.ts";
import type { AppCompose } from "../core/compose-hash.ts";

export type SessionOptions = {
  readonly command: string;
  readonly cluster: string;
  readonly directory: StateDirectory;
  /** By which name the platform was reached, and whose the cluster is, as it says. */
  readonly apiHost: string;
  readonly workspaceId: string | null;
  readonly cli: PhalaCli;
  readonly api: CloudApi;
  readonly spawntee: Spawntee;
  readonly clock: Clock;
  readonly stopwatch: Pick<Stopwatch, "measure">;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  readonly strict: boolean;
  /** Told where the run waits for another one's lock. */
  readonly onWait: (message: string) => void;
  /** Whether a secret of this run is in a text. */
  readonly holdsSecret: (text: string) => boolean;
  /** Told where something is not kept because a secret is in it. */
  readonly onWithheld: (message: string) => void;
};

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
  options: SessionOptions,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const { directory, clock, command } = options;
  await prepareStateDirectory(directory);
  const lock = await options.stopwatch.measure("lock", () =>
    acquireLock(directory, { command, ...clock, signal: options.signal, onWait: options.onWait }),
  );
  const release = (): void => lock.release();
  // A second Ctrl-C leaves through process.exit, past every finally.
  process.once("exit", release);
  try {
    await recordWorkspace(directory, options.apiHost, options.workspaceId);
    const state = await readVerifiedState(directory, options.cluster, { fresh: true });
    const journal = openJournal(directory, clock.now, () => lock.assertHeld());
    await journal.append({ type: "run-started", command, pid: process.pid, host: hostname() });
    const deps = workbench(options, { journal, history: openHistory(directory, clock.now) });
    const keep = (store: AppComposeStore): AppComposeStore =>
      secretFree(store, options.holdsSecret, options.onWithheld);
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

function workbench(
  options: SessionOptions,
  { journal, history }: Pick<StepDeps, "journal" | "history">,
): StepDeps {
  const { cli, api, spawntee, clock, ledger, signal, timeoutMs, pollIntervalMs, strict } = options;
  const cleanup = cleanupSignals(signal, clock.deadline);
  const mutations = new Mutations({
    cli,
    api,
    spawntee,
    journal,
    clock,
    cleanup,
    ledger,
    timeoutMs,
  });
  const limits = { timeoutMs, pollIntervalMs, strict };
  return { api, spawntee, mutations, journal, history, clock, signal, cleanup, ...limits };
}

/** @param onWithheld told of each one that is not stored, by what holds the secret: the next run reads it again. */
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
