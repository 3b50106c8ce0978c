/** Asks all sources for a CVM's evidence, and for the collateral that its quote needs. */
import { platformOfQuote } from "../attest/verify-quote.ts";
import {
  Refusal,
  type AttestationSources,
  type Collateral,
  type Evidence,
  type ShownEvidence,
} from "../core/attestation.ts";
import { quoteInCertificate } from "./ra-tls.ts";

export type Gathered = {
  /** The CVM's own first. */
  readonly evidence: readonly Evidence[];
  /** Why a source gave none. */
  readonly unavailable: readonly string[];
  readonly collateral: Collateral | undefined;
};

export type Where = {
  /** As the API knows the CVM. */
  readonly cvmId: string;
  /** Of the CVM's port 8090. */
  readonly url: string;
};

export async function gatherEvidence(
  sources: AttestationSources,
  { cvmId, url }: Where,
  signal: AbortSignal,
  fresh = false,
): Promise<Gathered> {
  const shown = await Promise.all([sources.fromCvm(url, signal), sources.fromApi(cvmId, signal)]);
  const unavailable: string[] = [];
  const evidence: Evidence[] = [];
  for (const one of shown) {
    const found = one.kind === "shown" ? withQuote(one.value) : one.reason;
    if (typeof found === "string") unavailable.push(found);
    else evidence.push(found);
  }
  const platform = evidence
    .map(({ quote }) => platformOf(quote))
    .find((found) => found !== undefined);
  if (!platform) return { evidence, unavailable, collateral: undefined };
  const collateral = await sources.collateral(platform, { fresh }, signal);
  if (collateral.kind === "shown") return { evidence, unavailable, collateral: collateral.value };
  return { evidence, unavailable: [...unavailable, collateral.reason], collateral: undefined };
}

/** The evidence of a source with its quote, or why it has none. */
export function withQuote(shown: ShownEvidence): Evidence | string {
  const { quote, certificates } = shown;
  if (quote !== undefined) return { ...shown, quote };
  try {
    return { ...shown, quote: quoteInCertificate(certificates ?? "") };
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** Undefined where the quote is not readable: the verifier says why. */
function platformOf(quote: string): ReturnType<typeof platformOfQuote> | undefined {
  try {
    return platformOfQuote(Buffer.from(quote, "hex"));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
