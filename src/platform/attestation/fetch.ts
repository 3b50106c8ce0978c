/** One read of a source of evidence: its answer, or why there is none. Reads are tried again as the API's are. */
import type { Clock } from "../../core/ports.ts";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import { describeNetworkError } from "../net/network-error.ts";
import { isWorthRetrying, pauseBefore, READ_RETRIES } from "../net/retry.ts";

const TIMEOUT_MS = 15_000;
/** Of an attestation, a certificate chain or a document of Intel's. */
const MAX_BYTES = 2 * 1024 * 1024;

export type FetchOptions = {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
};

export type Fetched = { readonly answer: HttpAnswer } | { readonly reason: string };

export async function fetchEvidence(
  { http, clock, onDetail }: FetchOptions,
  request: { readonly url: string; readonly headers?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Fetched> {
  const { host, pathname } = new URL(request.url);
  for (let attempt = 1; ; attempt += 1) {
    const fetched = await fetchOnce(http, request, signal);
    const outcome = "answer" in fetched ? String(fetched.answer.status) : fetched.reason;
    onDetail(`GET ${host}${pathname}: ${outcome}`);
    const isFinal = "answer" in fetched && !isWorthRetrying(fetched.answer.status);
    if (isFinal || attempt >= READ_RETRIES.tries) {
      if (!("answer" in fetched) || fetched.answer.status === 200) return fetched;
      return { reason: `${host} answered HTTP ${fetched.answer.status}` };
    }
    await clock.sleep(pauseBefore(attempt + 1, READ_RETRIES, undefined), signal);
  }
}

async function fetchOnce(
  http: HttpClient,
  { url, headers }: { readonly url: string; readonly headers?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Fetched> {
  try {
    const request = { method: "GET", url, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES } as const;
    return { answer: await http.send(headers ? { ...request, headers } : request, signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { reason: describeNetworkError(error) };
  }
}
