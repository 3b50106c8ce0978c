/** Gets a CVM's evidence from all sources, and the collateral that its quote needs. */
import { platformOfQuote } from "../attest/verify-quote.ts";
import {
  Refusal,
  type AttestationSources,
  type Collateral,
  type Evidence,
  type ShownEvidence,
  type Unavailable,
} from "../core/attestation.ts";
import { quoteInCertificate } from "./ra-tls.ts";

export type Gathered = {
  /** The CVM's own comes first. */
  readonly evidence: readonly Evidence[];
  /** The sources without evidence, and why. */
  readonly unavailable: readonly Unavailable[];
  readonly collateral: Collateral | undefined;
};

export type Where = {
  /** Identifies the CVM in the API. */
  readonly cvmId: string;
  /** Of the CVM's port 8090. */
  readonly url: string;
};

export async function gatherEvidence(
  sources: AttestationSources,
  { cvmId, url }: Where,
  signal: AbortSignal,
  cachedOnly = false,
): Promise<Gathered> {
  const shown = await Promise.all([sources.fromCvm(url, signal), sources.fromApi(cvmId, signal)]);
  const found = shown.map((one) => (one.kind === "shown" ? withQuote(one.value) : one));
  const unavailable = found.filter((one) => "reason" in one);
  const evidence = found.filter((one) => "quote" in one);
  const platform = evidence.map(({ quote }) => platformOf(quote)).find((one) => one !== undefined);
  if (!platform) return { evidence, unavailable, collateral: undefined };
  const collateral = await sources.collateral(platform, { cachedOnly }, signal);
  if (collateral.kind === "shown") return { evidence, unavailable, collateral: collateral.value };
  return { evidence, unavailable: [...unavailable, collateral], collateral: undefined };
}

/** The evidence of a source with its quote, or why it has none. */
export function withQuote(shown: ShownEvidence): Evidence | Unavailable {
  const { quote, certificates } = shown;
  if (quote !== undefined) return { ...shown, quote };
  try {
    return { ...shown, quote: quoteInCertificate(certificates ?? "") };
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.message, passing: false };
    throw error;
  }
}

/** Undefined if the quote is malformed: the verifier will report why. */
function platformOf(quote: string): ReturnType<typeof platformOfQuote> | undefined {
  try {
    return platformOfQuote(Buffer.from(quote, "hex"));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
