/** What a fault that has a name is. */
import type { Behaviour } from "./behaviour.ts";
import type { FaultAction } from "./faults.ts";

export type Place = { readonly method?: string; readonly path?: string };
type Kind = "duration" | "number" | "text";

export type CatalogueEntry = {
  readonly summary: string;
  /** What follows the equals sign; absent: nothing may. */
  readonly value?: { readonly kind: Kind; readonly fallback: string };
  /** Where it strikes unless `at` says otherwise; absent for what is not a fault of a request. */
  readonly at?: Place;
  /** How often unless `times` says otherwise; absent: always. */
  readonly times?: number;
  readonly action?: (value: string) => FaultAction;
  /** Further ones that belong to it. */
  readonly also?: readonly (Place & { readonly action: FaultAction })[];
  readonly behaviour?: (value: string) => Partial<Behaviour>;
};
