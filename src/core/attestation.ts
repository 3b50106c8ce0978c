/** The words of attestation that the commands, the verifier and the adapters share. */
import type { z } from "zod";
import type { attestationReport, collateralSchema } from "./attestation-schema.ts";

export const ATTEST_MODES = ["auto", "require", "off"] as const;
/** What missing evidence is: a warning, an error, or not looked for. */
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

export type Collateral = Readonly<z.infer<typeof collateralSchema>>;

/** Why evidence was refused. `reason` tells refusals of one code apart (for example `crl-signature`); `message` is for an operator. */
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

/** As a source shows it: the quote itself, or a certificate that holds it. */
export type ShownEvidence = Omit<Evidence, "quote"> & { readonly quote?: string | undefined };

/** Why a source showed nothing. `passing`: a timeout, a busy server or the like, so it may show it in a moment. */
export type Unavailable = { readonly reason: string; readonly passing: boolean };

/** What a source answers, or why it did not. */
export type Shown<T> =
  | { readonly kind: "shown"; readonly value: T }
  | ({ readonly kind: "unavailable" } & Unavailable);

/** Which collateral a quote needs. `fmspc` in hex. */
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

/** Where evidence, collateral and signatures come from. None throws for what a server does. */
export type AttestationSources = {
  /** `GET /cvms/{id}/attestation` of Phala's API. */
  fromApi(cvmId: string, signal: AbortSignal): Promise<Shown<ShownEvidence>>;
  /** The CVM itself. `url`: of its port 8090, without a path. */
  fromCvm(url: string, signal: AbortSignal): Promise<Shown<ShownEvidence>>;
  /** From the cache while it is good; `cachedOnly`: from nowhere else. */
  collateral(
    platform: PlatformId,
    options: { readonly cachedOnly: boolean },
    signal: AbortSignal,
  ): Promise<Shown<Collateral>>;
  /** The key that the API names for an app, with the KMS's signature. */
  envKey(appId: string, signal: AbortSignal): Promise<Shown<SignedEnvKey>>;
};
