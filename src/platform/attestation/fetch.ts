/** One read of a source of evidence: its answer, or why there is none. Reads are tried again as the API's are. */
import type { Unavailable } from "../../core/attestation.ts";
import type { Clock } from "../../core/ports.ts";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import { describeNetworkError } from "../net/network-error.ts";
import { isWorthRetrying, isWorthRetryingError, pauseBefore, READ_RETRIES } from "../net/retry.ts";

const TIMEOUT_MS = 15_000;
/** Of an attestation, a certificate chain or a document of Intel's. */
const MAX_BYTES = 2 * 1024 * 1024;

export type FetchOptions = {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
};

export type Fetched = { readonly answer: HttpAnswer } | Unavailable;

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
    return { reason: describeNetworkError(error), passing: isWorthRetryingError(error) };
  }
}
