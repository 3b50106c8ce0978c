/** Reads from Phala's REST API: a GET with a deadline and retries, and the meaning of its answer. */
import type { z } from "zod";
import type { ClusterError } from "../../errors/cluster-error.ts";
import type { Clock, Lookup } from "../../core/ports.ts";
import type { HttpAnswer, HttpClient } from "../net/http.ts";
import {
  isWorthRetrying,
  isWorthRetryingError,
  pauseBefore,
  READ_RETRIES,
  retryAfter,
  RetryBudget,
} from "../net/retry.ts";
import { SampledServerClock } from "../net/server-clock.ts";
import { parseJson } from "../../lib/json.ts";
import { isFinal, platformError, refusedAnswer, unreachable, webPage } from "./trouble.ts";

/** The CLI's default; `2025-10-28` has neither compose_hash nor gateway. */
const API_VERSION = "2026-01-21";
const REQUEST_TIMEOUT_MS = 15_000;
/** For all attempts of one read together. */
const READ_LIMIT_MS = 40_000;

export type CloudApiOptions = {
  /** Without `/api/v1`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
  /** Of one request, in ms. Default: 15 s. */
  readonly requestTimeoutMs?: number;
  /** Applied to the server's text before it is shortened. */
  readonly redact?: ((text: string) => string) | undefined;
};

/** An unknown result always has its error. */
export type Read<T> = Exclude<Lookup<T>, { kind: "unknown" }> | ReturnType<typeof unknown>;

/** Parses a successful answer. */
type Parse<T> = (answer: ApiAnswer) => Read<T>;

export class ApiReader {
  readonly serverClock: SampledServerClock;
  readonly #options: CloudApiOptions;
  readonly #budget = new RetryBudget();

  constructor(options: CloudApiOptions) {
    this.#options = options;
    this.serverClock = new SampledServerClock(options.clock);
  }

  /** @throws ClusterError, one code per cause: for answers that the run can't do without. */
  async requirePresent<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const found = await this.find(path, schema, signal);
    if (found.kind === "present") return found.value;
    if (found.kind === "unknown") throw found.error;
    throw platformError(`GET ${path}: HTTP 404 Not Found; is the API's URL right?`);
  }

  /** Never throws for a server's answer; only 404 and 410 (gone) are "absent". */
  find<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Read<T>> {
    return this.read(path, ({ json }) => parseWith(schema, json, "the answer"), signal);
  }

  /** As `find`, for an answer that a schema alone does not describe. */
  async read<T>(path: string, parse: Parse<T>, signal: AbortSignal): Promise<Read<T>> {
    const answer = await this.#getWithRetries(path, signal);
    if ("error" in answer) return unknown(answer.error);
    const { status, headers, json } = answer;
    // The API's own 404 is JSON; a page of a proxy or a wrong host says nothing about the CVM.
    if ((status === 404 || status === 410) && json !== undefined) return { kind: "absent" };
    if (status === 200) return json === undefined ? notJson(answer.text) : parse(answer);
    // Successful answers are not redacted: an app-compose must stay the same, byte for byte.
    const text = this.#options.redact?.(answer.text) ?? answer.text;
    const { location } = headers;
    return unknown(refusedAnswer({ status, text, isJson: json !== undefined, location }));
  }

  /** The last answer or failure. */
  async #getWithRetries(path: string, signal: AbortSignal): Promise<ApiAnswer | Failure> {
    const { clock, requestTimeoutMs = REQUEST_TIMEOUT_MS } = this.#options;
    const deadline = clock.monotonic() + READ_LIMIT_MS;
    for (let attempt = 1; ; attempt += 1) {
      const left = Math.max(1, deadline - clock.monotonic());
      const answer = await this.#get(path, Math.min(requestTimeoutMs, left), signal);
      const isFine = !isWorthAnother(answer);
      if (isFine) this.#budget.give();
      if (isFine || attempt >= READ_RETRIES.tries) return answer;
      const header = "error" in answer ? undefined : answer.headers["retry-after"];
      const now = this.serverClock.now()?.ms ?? clock.now();
      const pauseMs = pauseBefore(attempt + 1, READ_RETRIES, retryAfter(header, now));
      if (clock.monotonic() + pauseMs >= deadline || !this.#budget.take()) return answer;
      await clock.sleep(pauseMs, signal);
    }
  }

  async #get(path: string, timeoutMs: number, signal: AbortSignal): Promise<ApiAnswer | Failure> {
    const { apiUrl, apiKey, http, clock, onDetail } = this.#options;
    const startedMs = clock.monotonic();
    const report = (what: string): void =>
      onDetail(`GET ${path}: ${what} (${Math.round(clock.monotonic() - startedMs)}ms)`);
    try {
      const headers = { "x-api-key": apiKey, "x-phala-version": API_VERSION };
      const url = `${apiUrl}/api/v1${path}`;
      const answer = await http.send({ method: "GET", url, headers, timeoutMs }, signal);
      const { status, text } = answer;
      report(String(status));
      const json = parseDocument(text);
      // Only the API answers with JSON, and only its clock counts.
      if (json !== undefined) this.serverClock.record(answer, startedMs);
      return { status, text, headers: answer.headers, json, body: answer.body };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = unreachable(thrown);
      report(reasonOf(error));
      return { error, isWorthRetrying: isWorthRetryingError(thrown) };
    }
  }
}

/** Parsed once: a page of the list has a hundred kilobytes. `json` is undefined if the text is not JSON. */
export type ApiAnswer = HttpAnswer & { readonly json: object | undefined };
type Failure = { readonly error: ClusterError; readonly isWorthRetrying: boolean };

/** Overload, failures of intermediaries, and truncated answers, also of a 404. */
function isWorthAnother(answer: ApiAnswer | Failure): boolean {
  if ("error" in answer) return answer.isWorthRetrying;
  const { status, json } = answer;
  return isWorthRetrying(status) || ((status === 200 || status === 404) && json === undefined);
}

export function unknown(error: ClusterError) {
  const refusal = isFinal(error) ? error : undefined;
  return { kind: "unknown", reason: reasonOf(error), error, refusal } as const;
}

const reasonOf = ({ message }: ClusterError): string =>
  message.replace(/^Phala's API(?: refused the key)?: /, "");

function notJson(text: string): Read<never> {
  if (/^\s*</.test(text)) return unknown(webPage("the answer is not JSON (a web page)"));
  return unknown(platformError("the answer is not JSON (half of it, or none)"));
}

/** @param what names the whole value where an issue has no path. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, what: string): Read<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "present", value: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || what;
  return unknown(platformError(`unexpected answer: ${where}: ${issue?.message ?? "?"}`));
}

/** The object or array in a text. */
function parseDocument(text: string): object | undefined {
  const value = parseJson(text);
  return typeof value === "object" && value !== null ? value : undefined;
}
