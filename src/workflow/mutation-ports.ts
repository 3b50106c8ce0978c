/** What `Mutations` works with. */
import type {
  Clock,
  CloudApi,
  PhalaMutations,
  PhalaQueries,
  SpawnteeMutations,
} from "../core/ports.ts";
import type { Journal } from "../state/journal.ts";
import type { CleanupSignals } from "./cleanup.ts";
import type { Ledger } from "./ledger.ts";

export type MutationPorts = {
  readonly cli: PhalaMutations & Pick<PhalaQueries, "expectRuns">;
  readonly api: CloudApi;
  readonly spawntee: SpawnteeMutations;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly cleanup: CleanupSignals;
  readonly ledger: Ledger;
  /** For repeating what the platform refused as "busy". */
  readonly timeoutMs: number;
};
