import type { Cvm } from "../core/domain.ts";

/** A create that failed proves nothing by itself: `created` may also come from looking its app_id up. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly appId: string; readonly vmUuid: string | null }
  /** The name belongs to a CVM that this call did not make. */
  | { readonly kind: "taken"; readonly cvm: Cvm; readonly message: string }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "uncertain"; readonly message: string };
