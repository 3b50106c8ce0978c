/** The words of attestation that the commands, the verifier and the adapters share. */

/** The codes of docs/attestation.md. */
export type AttestationCode =
  | "env-key-unsigned"
  | "env-key-substituted"
  | "env-key-unverified"
  | "kms-unknown"
  | "attest-unavailable"
  | "attest-quote"
  | "attest-stale"
  | "attest-tcb"
  | "attest-debug"
  | "attest-os-unknown"
  | "attest-os-dev"
  | "attest-event-log"
  | "attest-compose"
  | "attest-app"
  | "attest-key-provider"
  | "attest-paths-differ"
  | "attest-changed";

const MISSING: ReadonlySet<AttestationCode> = new Set<AttestationCode>([
  "attest-unavailable",
  "attest-os-unknown",
  "kms-unknown",
  "env-key-unverified",
]);

/** Evidence that is missing is a warning with `--attest auto`; evidence that contradicts never is. */
export const isMissingEvidence = (code: AttestationCode): boolean => MISSING.has(code);

/** One event of the log, as the API and the guest report it; `imr` 3 is RTMR3. */
export type LogEvent = {
  readonly imr: number;
  readonly event_type: number;
  readonly event: string;
  /** Hex. */
  readonly event_payload: string;
};

/** What one source says of a CVM. `from`: the API, the CVM's own port 8090, or a file. */
export type Evidence = {
  readonly from: "api" | "cvm" | "file";
  /** Hex. */
  readonly quote: string;
  readonly eventLog?: readonly LogEvent[] | undefined;
  /** `tcb_info.app_compose`: the measured text. */
  readonly appCompose?: string | undefined;
  /** The RA-TLS certificate that the quote came in, with its issuers (PEM, leaf first). */
  readonly certificates?: string | undefined;
};

/** Intel's PCS v4 answers, in the form that `dcap-qvl` saves them. CRLs and signatures in hex. */
export type Collateral = {
  readonly root_ca_crl: string;
  readonly pck_crl: string;
  /** PEM, the signer first. */
  readonly tcb_info_issuer_chain: string;
  /** The exact text that is signed. */
  readonly tcb_info: string;
  readonly tcb_info_signature: string;
  readonly qe_identity_issuer_chain: string;
  readonly qe_identity: string;
  readonly qe_identity_signature: string;
};
