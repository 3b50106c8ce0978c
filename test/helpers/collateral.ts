/** Intel's collateral as the verifier takes it, from what the sandbox's made-up Intel answers. */
import type { Collateral } from "../../src/core/attestation.ts";
import type { PcsAnswers } from "../../src/sandbox/attestation/intel.ts";

export function collateralOf(answers: PcsAnswers): Collateral {
  return {
    root_ca_crl: answers.rootCrl.toString("hex"),
    pck_crl: answers.pckCrl.toString("hex"),
    tcb_info_issuer_chain: answers.signerChain,
    tcb_info: answers.tcbInfo,
    tcb_info_signature: answers.tcbInfoSignature,
    qe_identity_issuer_chain: answers.signerChain,
    qe_identity: answers.qeIdentity,
    qe_identity_signature: answers.qeIdentitySignature,
  };
}
