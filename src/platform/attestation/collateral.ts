/** Collateral from Intel's PCS v4 (or a compatible service), cached in the state directory until it expires. */
import { collateralSchema } from "../../core/attestation-schema.ts";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import type {
  AttestationSources,
  Collateral,
  PlatformId,
  Shown,
  Unavailable,
} from "../../core/attestation.ts";
import { writeAtomically } from "../../lib/atomic-file.ts";
import type { Clock } from "../../core/ports.ts";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import { messageOf } from "../../errors/cluster-error.ts";
import { isWorthRetrying, isWorthRetryingError, pauseBefore, READ_RETRIES } from "../net/retry.ts";
import { makeFolder } from "../../lib/make-folder.ts";

const INTEL_HOST = "api.trustedservices.intel.com";
const INTEL_ROOT_CRL = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";

export type CollateralOptions = FetchOptions & {
  /** Without `/sgx/...` and `/tdx/...`. */
  readonly collateralUrl: string;
  /** Undefined: not cached. */
  readonly cacheDir: string | undefined;
};

const NOT_CACHED = "no collateral of Intel's that is still good is cached on this machine";

const dated = z.object({ nextUpdate: z.string() });

export function collateralSource(options: CollateralOptions): AttestationSources["collateral"] {
  return async (platform, { cachedOnly }, signal) => {
    const file = cacheFile(options, platform);
    const cached = file === undefined ? undefined : await readCache(file, options.clock.now());
    if (cached) {
      options.onDetail(`collateral of FMSPC ${platform.fmspc}: cached in ${file}`);
      return { kind: "shown", value: cached };
    }
    if (cachedOnly) return { kind: "unavailable", reason: NOT_CACHED, passing: false };
    const fetched = await fetchCollateral(options, platform, signal);
    if (fetched.kind === "shown" && file !== undefined) await writeCache(file, fetched.value);
    return fetched;
  };
}

function cacheFile(
  { cacheDir, collateralUrl }: CollateralOptions,
  { fmspc, ca }: PlatformId,
): string | undefined {
  const host = new URL(collateralUrl).host.replaceAll(/[^A-Za-z0-9._-]/g, "_");
  return cacheDir === undefined ? undefined : path.join(cacheDir, `${host}-${fmspc}-${ca}.json`);
}

/** The verifier checks every date and signature; the cache only saves requests. */
async function readCache(file: string, now: number): Promise<Collateral | undefined> {
  try {
    const cached = collateralSchema.parse(JSON.parse(await readFile(file, "utf8")));
    const dates = [cached.tcb_info, cached.qe_identity].map(
      (text) => dated.parse(JSON.parse(text)).nextUpdate,
    );
    return dates.every((date) => now < Date.parse(date)) ? cached : undefined;
  } catch {
    return undefined;
  }
}

/** Another run may write it too: the last one wins. A failed write is ignored. */
async function writeCache(file: string, value: Collateral): Promise<void> {
  try {
    makeFolder(path.dirname(file), 0o700);
    await writeAtomically(file, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  } catch {
    // fetched again next time
  }
}

async function fetchCollateral(
  options: CollateralOptions,
  { fmspc, ca }: PlatformId,
  signal: AbortSignal,
): Promise<Shown<Collateral>> {
  const base = options.collateralUrl.replace(/\/+$/, "");
  const get = async (
    url: string,
  ): Promise<{ body: Buffer; text: string; header(name: string): string }> => {
    const fetched = await fetchEvidence(options, { url }, signal);
    if (!("answer" in fetched)) throw new NotFetched(fetched);
    const { body, text, headers } = fetched.answer;
    return { body, text, header: (name) => decodeURIComponent(String(headers[name] ?? "")) };
  };
  const rootCrlUrl =
    new URL(base).host === INTEL_HOST ? INTEL_ROOT_CRL : `${base}/sgx/certification/v4/rootcacrl`;
  try {
    const [rootCrl, pckCrl, tcb, qe] = await Promise.all([
      get(rootCrlUrl),
      get(`${base}/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`),
      get(`${base}/tdx/certification/v4/tcb?fmspc=${fmspc}`),
      get(`${base}/tdx/certification/v4/qe/identity`),
    ]);
    const [tcbInfo, tcbInfoSignature] = signedPart(tcb.text, "tcbInfo");
    const [qeIdentity, qeIdentitySignature] = signedPart(qe.text, "enclaveIdentity");
    const chain = tcb.header("tcb-info-issuer-chain") || tcb.header("sgx-tcb-info-issuer-chain");
    const value: Collateral = {
      root_ca_crl: derHex(rootCrl.body),
      pck_crl: derHex(pckCrl.body),
      tcb_info_issuer_chain: chain,
      tcb_info: tcbInfo,
      tcb_info_signature: tcbInfoSignature,
      qe_identity_issuer_chain: qe.header("sgx-enclave-identity-issuer-chain"),
      qe_identity: qeIdentity,
      qe_identity_signature: qeIdentitySignature,
    };
    return { kind: "shown", value };
  } catch (error) {
    if (!(error instanceof NotFetched)) throw error;
    const reason = `Intel's collateral could not be fetched: ${error.message}`;
    return { kind: "unavailable", reason, passing: error.passing };
  }
}

class NotFetched extends Error {
  readonly passing: boolean;

  constructor({ reason, passing }: Unavailable) {
    super(reason);
    this.passing = passing;
  }
}

/** Intel signs the exact text within the answer, so it is extracted and not serialised again. */
function signedPart(text: string, name: string): [document: string, signature: string] {
  const match = new RegExp(
    `^\\{"${name}":(\\{.*\\}),"signature":"([0-9a-fA-F]+)"\\}\\s*$`,
    "s",
  ).exec(text);
  if (!match)
    throw new NotFetched({ reason: `the answer holds no signed ${name}`, passing: false });
  return [match[1] ?? "", match[2] ?? ""];
}

/** Some services answer in DER, others in its hexadecimal digits. */
function derHex(body: Buffer): string {
  const text = body.toString("latin1").trim();
  return /^[0-9a-fA-F]+$/.test(text) ? text : body.toString("hex");
}

const TIMEOUT_MS = 15_000;
/** Of an attestation, a certificate chain or a document from Intel. */
const MAX_BYTES = 2 * 1024 * 1024;

export type FetchOptions = {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
};

type Fetched = { readonly answer: HttpAnswer } | Unavailable;

type Request = { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

export async function fetchEvidence(
  options: FetchOptions,
  request: Request,
  signal: AbortSignal,
): Promise<Fetched> {
  const { host, pathname } = new URL(request.url);
  for (let attempt = 1; ; attempt += 1) {
    const fetched = await fetchOnce(options.http, request, signal);
    options.onDetail(
      `GET ${host}${pathname}: ${"answer" in fetched ? fetched.answer.status : fetched.reason}`,
    );
    if ("answer" in fetched || !fetched.passing || attempt >= READ_RETRIES.tries) return fetched;
    await options.clock.sleep(pauseBefore(attempt + 1, READ_RETRIES, undefined), signal);
  }
}

async function fetchOnce(
  http: HttpClient,
  { url, headers = {} }: Request,
  signal: AbortSignal,
): Promise<Fetched> {
  try {
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
    const answer = await http.send({ method: "GET", url, headers, ...limits }, signal);
    if (answer.status === 200) return { answer };
    const { host, pathname } = new URL(url);
    const reason = `${host}${pathname} answered HTTP ${answer.status}`;
    return { reason, passing: isWorthRetrying(answer.status) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { reason: messageOf(error), passing: isWorthRetryingError(error) };
  }
}
