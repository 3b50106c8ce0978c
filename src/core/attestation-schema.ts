/** Intel's PCS v4 answers, in the form that `dcap-qvl` saves them, as they are cached. CRLs and signatures in hex. */
import * as z from "zod";

export const collateralSchema = z.object({
  root_ca_crl: z.string(),
  pck_crl: z.string(),
  /** PEM, the signer first. */
  tcb_info_issuer_chain: z.string(),
  /** The exact text that is signed. */
  tcb_info: z.string(),
  tcb_info_signature: z.string(),
  qe_identity_issuer_chain: z.string(),
  qe_identity: z.string(),
  qe_identity_signature: z.string(),
});
