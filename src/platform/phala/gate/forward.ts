/** Forwards a request of the CLI with our own client: with the real key, bounded, no redirects, retries of reads only. */
import type { Clock } from "../../../core/ports.ts";
import type { HttpClient, HttpRequest } from "../../net/http.ts";
import { messageOf } from "../../../errors/cluster-error.ts";
import { isWorthRetrying, pauseBefore, READ_RETRIES, retryAfter } from "../../net/retry.ts";
import { parseApiError } from "../api-error.ts";
import type { Answered, GateRequest, Result } from "./exchange.ts";
import { parseJson } from "../../../lib/json.ts";

export type Upstream = {
  /** Without `/api/v1`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Applied to an error answer before it is shortened. */
  readonly redact?: ((text: string) => string) | undefined;
};

/** The CLI gives up after 30 s. The answer to a mutation is waited for longer: it shows the outcome. */
const READ_TIMEOUT_MS = 12_000;
const MUTATION_TIMEOUT_MS = 60_000;
/** The largest answer needed is a CVM with its app-compose. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** The headers that the API needs. Others, such as the throwaway key, are not forwarded. */
const PASSED_ON = ["accept", "content-type", "x-phala-version", "user-agent"];

/** Retries failed reads. Never throws: an aborted signal ends it with `failed`. */
export async function forwardRead(
  request: GateRequest,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await send(request, upstream, READ_TIMEOUT_MS, signal);
    const retry =
      result.kind === "failed" || (result.kind === "answered" && isWorthRetrying(result.status));
    if (!retry || attempt >= READ_RETRIES.tries || signal.aborted) return result;
    const asked = result.kind === "answered" ? (result.retryAfterMs ?? undefined) : undefined;
    const pause = pauseBefore(attempt + 1, READ_RETRIES, asked);
    await upstream.clock.sleep(pause, signal).catch(() => undefined);
  }
}

/** Sends once. `signal` ends the wait for the answer; the request is not recalled. */
export function forwardMutation(
  request: GateRequest,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Result> {
  return send(request, upstream, MUTATION_TIMEOUT_MS, signal);
}

async function send(
  { method, path, query, headers, body }: GateRequest,
  { apiUrl, apiKey, http, clock, redact = (text) => text }: Upstream,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Result> {
  const passed = PASSED_ON.flatMap((name) =>
    headers[name] === undefined ? [] : [[name, headers[name]]],
  );
  try {
    const answer = await http.send(
      {
        method: method as HttpRequest["method"],
        url: `${apiUrl}/api/v1${path}${query}`,
        headers: { ...Object.fromEntries(passed), "x-api-key": apiKey },
        ...(body === "" ? {} : { body }),
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
      },
      signal,
    );
    const { status, text } = answer;
    const json = parseJson(text);
    // The CLI parses JSON only with this content type.
    const contentType = json === undefined ? answer.headers["content-type"] : undefined;
    return {
      kind: "answered",
      status,
      text,
      json,
      error:
        status >= 200 && status < 300
          ? null
          : errorOf(status, redact(text), answer.headers["location"]),
      retryAfterMs: retryAfter(answer.headers["retry-after"], clock.now()) ?? null,
      contentType: contentType ?? "application/json",
    };
  } catch (error) {
    return { kind: "failed", message: messageOf(error), sent: mayHaveArrived(error) };
  }
}

/** Redirects are not followed: the key must not be sent elsewhere, and a redirect means that nothing was done. */
function errorOf(
  status: number,
  text: string,
  location: string | string[] | undefined,
): NonNullable<Answered["error"]> {
  const error = parseApiError(status, text);
  if (status < 300 || status >= 400) return error;
  const target = typeof location === "string" ? ` to ${withoutQuery(location)}` : "";
  return { ...error, message: `the API redirects${target}, which is not followed` };
}

function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");
}

/** Failures before anything was sent. A cause that can also occur later is not in this list. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  "dns-failed",
  "connection-refused",
  "tls-untrusted",
  "ca-file-invalid",
  "proxy-auth-required",
  "bad-proxy",
]);

const mayHaveArrived = (error: unknown): boolean =>
  !(error instanceof Error && "code" in error && NEVER_SENT.has(error.code));
