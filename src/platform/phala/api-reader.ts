/** Reading from Phala's REST API: one GET with its time limit, retries, and what its answer means. */
import type { z } from "zod";
import { ClusterError } from "../../errors/cluster-error.ts";
import { type HttpAnswer, type HttpClient } from "../net/http.ts";
import { describeNetworkError } from "../net/network-error.ts";
import { isWorthRetrying, pauseBefore, READ_RETRIES, retryAfter } from "../net/retry.ts";
import type { Clock, Lookup } from "../../core/ports.ts";
import { describeApiError } from "./api-error.ts";

/** The CLI's default; `2025-10-28` has neither compose_hash nor gateway. */
const API_VERSION = "2026-01-21";
const REQUEST_TIMEOUT_MS = 15_000;

export type CloudApiOptions = {
  /** Without `/api/v1`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
  /** Of one request, in ms; 15 s where it is absent. */
  readonly requestTimeoutMs?: number;
  /** Applied to what the server said before anything is cut from it. */
  readonly redact?: ((text: string) => string) | undefined;
};

export class ApiReader {
  readonly #options: CloudApiOptions;
  clockSkewMs: number | null = null;

  constructor(options: CloudApiOptions) {
    this.#options = options;
  }

  /** @throws ClusterError (platform; prerequisite for 401 and 403): for answers without which nothing can go on. */
  async must<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const found = await this.#read(path, schema, signal);
    if (found.kind === "present") return found.value;
    if (found.kind === "absent") {
      throw platformError(`GET ${path}: HTTP 404 Not Found; is the API's URL right?`);
    }
    throw found.denied ? accessDenied(found.reason) : platformError(`GET ${path}: ${found.reason}`);
  }

  /** Never throws for what the server does; only 404 is "absent". */
  async look<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Lookup<T>> {
    const found = await this.#read(path, schema, signal);
    if (found.kind !== "unknown") return found;
    const { reason, denied } = found;
    return { kind: "unknown", reason, refusal: denied ? accessDenied(reason) : undefined };
  }

  async #read<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Read<T>> {
    const answer = await this.#getWithRetries(path, signal);
    if (typeof answer === "string") return { kind: "unknown", reason: answer, denied: false };
    const { text, status } = answer;
    // The API's own 404 is JSON; the page of a proxy or of a wrong host says nothing about the CVM.
    if (status === 404 && answer.json !== undefined) return { kind: "absent" };
    if (status !== 200) {
      const denied = status === 401 || status === 403;
      // Not on a success: an app-compose must stay what it is, byte for byte.
      const clean = this.#options.redact?.(text) ?? text;
      return { kind: "unknown", reason: describeApiError(status, clean), denied };
    }
    return parse(answer, schema);
  }

  /** The last answer, or what the last failure was. */
  async #getWithRetries(path: string, signal: AbortSignal): Promise<ApiAnswer | string> {
    const { clock } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#get(path, signal);
      const failed = typeof answer === "string" || isWorthRetrying(answer.status) || isGarbled(answer);
      if (!failed || attempt >= READ_RETRIES.tries) return answer;
      const asked =
        typeof answer === "string" ? undefined : retryAfter(answer.headers["retry-after"], clock.now());
      await clock.sleep(pauseBefore(attempt + 1, READ_RETRIES, asked), signal);
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<ApiAnswer | string> {
    const { apiUrl, apiKey, http, clock, onDetail } = this.#options;
    const started = clock.monotonic();
    const say = (what: string): void =>
      onDetail(`GET ${path}: ${what} (${Math.round(clock.monotonic() - started)}ms)`);
    try {
      const answer = await http.send(
        {
          method: "GET",
          url: `${apiUrl}/api/v1${path}`,
          headers: { "x-api-key": apiKey, "x-phala-version": API_VERSION },
          timeoutMs: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        },
        signal,
      );
      this.#noteServerTime(answer);
      say(String(answer.status));
      return { ...answer, json: parseJson(answer.text) };
    } catch (error) {
      if (signal.aborted) throw error;
      say(describeNetworkError(error));
      return describeNetworkError(error);
    }
  }

  #noteServerTime(answer: HttpAnswer): void {
    const header = answer.headers["date"];
    const date = typeof header === "string" ? Date.parse(header) : Number.NaN;
    if (!Number.isNaN(date)) this.clockSkewMs = date - this.#options.clock.now();
  }
}

/** Parsed once: a page of the list is a hundred kilobytes. `json` is undefined where the text is no JSON. */
type ApiAnswer = HttpAnswer & { readonly json: object | undefined };

type Read<T> =
  | { readonly kind: "present"; readonly value: T }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown"; readonly reason: string; readonly denied: boolean };

/** Half an answer, or something in between that answered for the API; of a 404 the half says nothing either. */
function isGarbled({ status, json }: ApiAnswer): boolean {
  return (status === 200 || status === 404) && json === undefined;
}

function parse<T>({ json, text }: ApiAnswer, schema: z.ZodType<T>): Read<T> {
  if (json === undefined) {
    const what = /^\s*</.test(text) ? "a web page" : "half of one, or none";
    return { kind: "unknown", reason: `the answer is no JSON document (${what})`, denied: false };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: "present", value: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "the answer" : issue.path.join(".");
  return { kind: "unknown", reason: `unexpected answer: ${where}: ${issue?.message ?? "?"}`, denied: false };
}

/** The object or list that a text holds; undefined where it is none. JSON.parse's own message quotes the text. */
function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Phala's API failed, or answered what can't be. */
export function platformError(message: string): ClusterError {
  return new ClusterError({
    kind: "platform",
    code: "api-failed",
    message: `Phala's API: ${message}`,
    hint: "run the same command again in a moment; --verbose shows every request",
  });
}

function accessDenied(reason: string): ClusterError {
  return new ClusterError({
    kind: "prerequisite",
    code: "api-key-refused",
    message: `Phala's API refused the key: ${reason}`,
    hint: "put a valid key into PHALA_API_KEY (https://cloud.phala.com/dashboard, API tokens)",
  });
}
