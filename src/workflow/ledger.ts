/** What this run made (or may have made) and has not seen gone; kept in memory for the last words of a run. */
import type { CvmIdentity } from "../core/ports.ts";
import type { LeftBehind } from "../core/results.ts";

export type LedgerEntry = CvmIdentity & {
  /** False: its creation was forwarded, and nobody knows what came of it. */
  readonly certain: boolean;
  /** Monotonic ms; null for one that was found and not made. */
  readonly madeAt: number | null;
};

/** Whether both are the same CVM, by the strongest id that both have: a uuid is one VM's, an app_id all its replicas'. */
export function isSameCvm(a: CvmIdentity, b: CvmIdentity): boolean {
  if (a.vmUuid !== null && b.vmUuid !== null) return a.vmUuid === b.vmUuid;
  if (a.appId !== null && b.appId !== null) return a.appId === b.appId;
  return a.name === b.name;
}

export class Ledger {
  #entries: readonly LedgerEntry[] = [];
  #touched = false;

  /** Whether this run has called for any change: "nothing was touched" is no longer true of how it ends. */
  get touched(): boolean {
    return this.#touched;
  }

  touch(): void {
    this.#touched = true;
  }

  add(
    { name, appId, vmUuid }: CvmIdentity,
    made?: { readonly certain: boolean; readonly at: number },
  ): void {
    this.remove({ name, appId, vmUuid });
    const { certain = true, at: madeAt = null } = made ?? {};
    this.#entries = [...this.#entries, { name, appId, vmUuid, certain, madeAt }];
  }

  remove(cvm: CvmIdentity): void {
    this.#entries = this.#entries.filter((entry) => !isSameCvm(entry, cvm));
  }

  /** Newest last. */
  entriesOf(name: string): readonly LedgerEntry[] {
    return this.#entries.filter((entry) => entry.name === name);
  }

  leftBehind(): LeftBehind[] {
    return this.#entries.map(({ name, appId, certain }) => ({
      name,
      app_id: appId,
      ...(certain ? {} : { may_exist: true as const }),
    }));
  }
}
