/** The made-up Intel's Provisioning Certification Service (v4): `/pcs/...` on the API's port. */
import { failure, type Reply } from "../reply.ts";
import type { AttestationWorld } from "./api.ts";
import { pcsAnswers } from "./intel.ts";

const found = (text: string | Buffer, header: string, pem: string): Reply => ({
  status: 200,
  text,
  headers: { [header]: encodeURIComponent(pem) },
});

/** Undefined for any other request. */
export function answerPcs({ authority }: AttestationWorld, url: URL): Reply | undefined {
  if (!url.pathname.startsWith("/pcs/")) return undefined;
  const answers = pcsAnswers(authority.intel, Date.now());
  switch (url.pathname.slice("/pcs".length)) {
    case "/sgx/certification/v4/rootcacrl":
      return { status: 200, text: answers.rootCrl.toString("hex") };
    case "/sgx/certification/v4/pckcrl":
      return found(answers.pckCrl, "SGX-PCK-CRL-Issuer-Chain", answers.pckCrlChain);
    case "/tdx/certification/v4/tcb": {
      const text = `{"tcbInfo":${answers.tcbInfo},"signature":"${answers.tcbInfoSignature}"}`;
      return found(text, "TCB-Info-Issuer-Chain", answers.signerChain);
    }
    case "/tdx/certification/v4/qe/identity": {
      const text = `{"enclaveIdentity":${answers.qeIdentity},"signature":"${answers.qeIdentitySignature}"}`;
      return found(text, "SGX-Enclave-Identity-Issuer-Chain", answers.signerChain);
    }
    default:
      return failure(404, "Not Found");
  }
}
