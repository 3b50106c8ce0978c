/** Intel's collateral as it is saved and cached: each part as Intel's service gives it. */
import * as z from "zod";

export const collateralSchema = z.object({
  root_ca_crl: z.string(),
  pck_crl: z.string(),
  tcb_info_issuer_chain: z.string(),
  tcb_info: z.string(),
  tcb_info_signature: z.string(),
  qe_identity_issuer_chain: z.string(),
  qe_identity: z.string(),
  qe_identity_signature: z.string(),
});
