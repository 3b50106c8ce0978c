/** CVMs that this run made (or may have made) and has not confirmed deleted; in memory, for the report at its end. */
import type { CvmIdentity } from "../core/ports.ts";
import type { LeftBehind } from "../core/results.ts";

export type LedgerEntry = CvmIdentity & {
  /** False: its creation was forwarded, with an unknown outcome. */
  readonly certain: boolean;
  /** Monotonic ms; null for one that was seen since, or found and not made. */
  readonly madeAt: number | null;
};

/** Whether both are the same CVM, by the strongest id that both have: a uuid is one VM's, an app_id all its replicas'. */
export function isSameCvm(a: CvmIdentity, b: CvmIdentity): boolean {
  if (a.vmUuid !== null && b.vmUuid !== null) return a.vmUuid === b.vmUuid;
  if (a.appId !== null && b.appId !== null) return a.appId === b.appId;
  return a.name === b.name;
}

export class Ledger {
  /** Whether this run has called for any change: "nothing was touched" is then no longer true. */
  touched = false;
  /** Whether this run has called a registry to approve anything. */
  approving = false;
  /** The cluster that this run is about; undefined before it is known. */
  cluster: string | undefined;
  #entries: readonly LedgerEntry[] = [];
  readonly #met = new Set<string>();
  /** Instance types by the names of CVMs. */
  readonly #types = new Map<string, string>();
  /** USD per hour by instance type. */
  #prices: ReadonlyMap<string, number> = new Map();

  /** For the price of the CVM of that name. */
  learnType(name: string, instanceType: string | null): void {
    if (instanceType !== null) this.#types.set(name, instanceType);
  }

  /** One that was there before this run, and stays: not left behind by it, but it exists and is paid for. */
  meet(name: string, instanceType: string | null): void {
    this.learnType(name, instanceType);
    this.#met.add(name);
  }

  /** Those that were there before, with USD per hour where that is known. */
  metBefore(): readonly { readonly name: string; readonly usdPerHour: number | undefined }[] {
    return [...this.#met].map((name) => ({ name, usdPerHour: this.#priceOf(name) }));
  }

  #priceOf(name: string): number | undefined {
    return this.#prices.get(this.#types.get(name) ?? "");
  }

  /** @param prices USD per hour by instance type. */
  learnPrices(prices: ReadonlyMap<string, number>): void {
    this.#prices = prices;
  }

  add(
    { name, appId, vmUuid }: CvmIdentity,
    made?: { readonly certain: boolean; readonly at: number },
  ): void {
    this.remove({ name, appId, vmUuid });
    const { certain = true, at: madeAt = null } = made ?? {};
    this.#entries = [...this.#entries, { name, appId, vmUuid, certain, madeAt }];
  }

  /** One that this run made was seen, which is visible then; or a replica of it, which is paid for as well. */
  see(cvm: CvmIdentity): void {
    const isOfSameApp = ({ appId }: CvmIdentity): boolean => appId !== null && appId === cvm.appId;
    if (this.#entries.some((entry) => isSameCvm(entry, cvm) || isOfSameApp(entry))) this.add(cvm);
  }

  remove(cvm: CvmIdentity): void {
    this.#entries = this.#entries.filter((entry) => !isSameCvm(entry, cvm));
  }

  /** Of every name, newest last. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  /** Newest last. */
  entriesOf(name: string): readonly LedgerEntry[] {
    return this.#entries.filter((entry) => entry.name === name);
  }

  leftBehind(): LeftBehind[] {
    return this.#entries.map(({ name, appId, certain }) => {
      const price = this.#priceOf(name);
      return {
        name,
        app_id: appId,
        ...(certain ? {} : { may_exist: true as const }),
        ...(price === undefined ? {} : { usd_per_hour: price }),
      };
    });
  }
}
