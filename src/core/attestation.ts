/** Types of attestation that commands, verifier and adapters share. */
import type { z } from "zod";
import type { attestationReport, collateralSchema } from "./attestation-schema.ts";

export const ATTEST_MODES = ["auto", "require", "off"] as const;
/** Missing evidence is a warning (`auto`), an error (`require`), or not checked (`off`). */
export type AttestMode = (typeof ATTEST_MODES)[number];

/** The codes of docs/attestation.md. */
export const ATTESTATION_CODES = [
  "env-key-unsigned",
  "env-key-substituted",
  "env-key-unverified",
  "kms-unknown",
  "attest-unavailable",
  "attest-quote",
  "attest-stale",
  "attest-tcb",
  "attest-debug",
  "attest-os-unknown",
  "attest-os-dev",
  "attest-event-log",
  "attest-compose",
  "attest-app",
  "attest-key-provider",
  "attest-paths-differ",
  "attest-changed",
] as const;
export type AttestationCode = (typeof ATTESTATION_CODES)[number];

const MISSING: ReadonlySet<AttestationCode> = new Set<AttestationCode>([
  "attest-unavailable",
  "attest-os-unknown",
  "kms-unknown",
  "env-key-unverified",
]);

/** Missing evidence is a warning with `--attest auto`; contradicting evidence never is. */
export const isMissingEvidence = (code: AttestationCode): boolean => MISSING.has(code);

/** One event of the log, as the API and the guest report it; `imr` 3 is RTMR3. */
export type LogEvent = {
  readonly imr: number;
  readonly event_type: number;
  readonly event: string;
  /** Hex. */
  readonly event_payload: string;
};

/** Evidence of one source: the API, the CVM's own port 8090, or a file. */
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

export type Collateral = Readonly<z.infer<typeof collateralSchema>>;

/** Rejected evidence. `reason` distinguishes the cases of one code (`crl-signature`); `message` is for the operator. */
export class Refusal extends Error {
  readonly code: AttestationCode;
  readonly reason: string;

  constructor(code: AttestationCode, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export function refuse(code: AttestationCode, reason: string, message: string): never {
  throw new Refusal(code, reason, message);
}

/** In the order of the output. */
export const ATTESTATION_CHECK_IDS = [
  "quote",
  "tcb",
  "certificate",
  "event-log",
  "os-image",
  "key-provider",
  "app",
  "compose",
  "scripts",
  "freshness",
  "sources",
  "unchanged",
  "env-key",
] as const;
export type AttestationCheckId = (typeof ATTESTATION_CHECK_IDS)[number];

/** `verified`: every check passed. `partly`: something is missing. `none`: nothing could be verified, or a contradiction. */
export type AttestationReport = z.infer<typeof attestationReport>;

/**
 * `unverified`: evidence is missing; a warning with `--attest auto`, exit 7 with `require`. `warning`: shown, never
 * an error by itself. `failed`: contradicted, exit 7 in both.
 */
export type AttestationCheck = AttestationReport["checks"][number];

/** What the evidence proves, where it was verified. Hashes and registers in hex. */
export type AttestationFacts = NonNullable<AttestationReport["facts"]>;

/** Evidence as a source provides it: with the quote, or with a certificate that contains it. */
export type ShownEvidence = Omit<Evidence, "quote"> & { readonly quote?: string | undefined };

/** Why a source provided nothing. `passing`: transient, such as a timeout or a busy server. */
export type Unavailable = { readonly reason: string; readonly passing: boolean };

/** The result of asking a source. */
export type Shown<T> =
  | { readonly kind: "shown"; readonly value: T }
  | ({ readonly kind: "unavailable" } & Unavailable);

/** Selects the collateral of a quote. `fmspc` in hex. */
export type PlatformId = { readonly fmspc: string; readonly ca: "platform" | "processor" };

/** A public key that an environment is encrypted to. */
export type SignedEnvKey = {
  /** X25519, raw, 64 hex digits. */
  readonly publicKey: string;
  /** The KMS's, 65 bytes, hex; undefined where the source shows none. */
  readonly signature?: string | undefined;
  /** Seconds; absent for the older form of the signature. */
  readonly timestamp?: number | undefined;
};

/** Sources of evidence, collateral and signatures. They do not throw on server failures. */
export type AttestationSources = {
  /** `GET /cvms/{id}/attestation` of Phala's API. */
  fromApi(cvmId: string, signal: AbortSignal): Promise<Shown<ShownEvidence>>;
  /** From the CVM itself. `url`: of its port 8090, without a path. */
  fromCvm(url: string, signal: AbortSignal): Promise<Shown<ShownEvidence>>;
  /** From the cache while it is valid; `cachedOnly`: never from the network. */
  collateral(
    platform: PlatformId,
    options: { readonly cachedOnly: boolean },
    signal: AbortSignal,
  ): Promise<Shown<Collateral>>;
  /** The environment key that the API gives for an app, with the signature of the KMS. */
  envKey(appId: string, signal: AbortSignal): Promise<Shown<SignedEnvKey>>;
};
