/** Read-only client of Phala's REST API. "Could not find out" is an answer of its own, never "not there". */
import type { z } from "zod";
import { ClusterError, messageOf } from "../errors.ts";
import type { Cvm } from "../domain.ts";
import { describeNetworkError, type HttpAnswer, type HttpClient } from "../net/http.ts";
import { isWorthRetrying, pauseBefore, READ_RETRIES, retryAfter } from "../net/retry.ts";
import type { Clock, CloudApi, Lookup } from "../ports.ts";
import { describeApiError } from "./api-error.ts";
import * as schemas from "./schemas.ts";

/** The CLI's default; `2025-10-28` has neither compose_hash nor gateway. */
const API_VERSION = "2026-01-21";
const REQUEST_TIMEOUT_MS = 15_000;
/** The server's own limit. */
const PAGE_SIZE = 100;
const PAGES_AT_A_TIME = 4;
/** An account with 100,000 CVMs; a server that claims more is not to be followed for ever. */
const MAX_PAGES = 1000;

export type CloudApiOptions = {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly onDetail: (message: string) => void;
};

export function createCloudApi(options: CloudApiOptions): CloudApi {
  const reader = new Reader(options);
  return {
    host: new URL(options.apiUrl).host,
    account: (signal) => reader.must("/auth/me", schemas.account, signal),
    findCvm: async (id, signal) =>
      identified(id, await reader.look(`/cvms/${encodeURIComponent(id)}`, schemas.cvm, signal)),
    listCvms: (signal, search) => listCvms(reader, signal, search),
    appCompose: (id, signal) =>
      reader.look(`/cvms/${encodeURIComponent(id)}/compose_file`, schemas.appCompose, signal),
    operations: (id, signal) =>
      reader.look(`/cvms/${encodeURIComponent(id)}/operations`, schemas.operations, signal),
    nodes: (signal) => reader.must("/teepods/available", schemas.nodes, signal),
    instanceTypes: (signal) => reader.must("/instance-types", schemas.instanceTypes, signal),
    clockSkewMs: () => reader.clockSkewMs,
  };
}

/** An answer about another CVM than the one that was asked for is no answer. */
function identified(id: string, found: Lookup<Cvm>): Lookup<Cvm> {
  if (found.kind !== "present") return found;
  const { name, appId, vmUuid } = found.value;
  const asked = new Set([id, schemas.bareAppId(id), schemas.bareUuid(id)]);
  if ([name, appId, vmUuid].some((known) => known !== null && asked.has(known))) return found;
  return { kind: "unknown", reason: `asked for ${id}, the API answered about ${name}` };
}

async function listCvms(reader: Reader, signal: AbortSignal, search?: string): Promise<readonly Cvm[]> {
  const pagePath = (page: number): string => {
    const query = new URLSearchParams({ page: String(page), page_size: String(PAGE_SIZE) });
    if (search !== undefined) query.set("search", search);
    return `/cvms/paginated?${query.toString()}`;
  };
  const first = await reader.must(pagePath(1), schemas.cvmPage, signal);
  if (first.pages > MAX_PAGES) throw platformError(`the API claims ${first.pages} pages of CVMs`);
  const cvms = [...first.items];
  for (let page = 2; page <= first.pages; page += PAGES_AT_A_TIME) {
    const numbers = Array.from(
      { length: Math.min(PAGES_AT_A_TIME, first.pages - page + 1) },
      (_, i) => page + i,
    );
    const pages = await Promise.all(
      numbers.map((number) => reader.must(pagePath(number), schemas.cvmPage, signal)),
    );
    cvms.push(...pages.flatMap((answer) => answer.items));
  }
  return cvms;
}

class Reader {
  readonly #options: CloudApiOptions;
  clockSkewMs: number | null = null;

  constructor(options: CloudApiOptions) {
    this.#options = options;
  }

  /** @throws ClusterError (platform; prerequisite for 401 and 403): for answers without which nothing can go on. */
  async must<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const found = await this.#read(path, schema, signal);
    if (found.kind === "present") return found.value;
    if (found.kind === "absent") throw platformError(`GET ${path}: HTTP 404 Not Found`);
    throw found.denied ? accessDenied(found.reason) : platformError(`GET ${path}: ${found.reason}`);
  }

  /** Never throws for what the server does; only 404 is "absent". */
  async look<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Lookup<T>> {
    const found = await this.#read(path, schema, signal);
    return found.kind === "unknown" ? { kind: "unknown", reason: found.reason } : found;
  }

  async #read<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<Read<T>> {
    const answer = await this.#getWithRetries(path, signal);
    if (typeof answer === "string") return { kind: "unknown", reason: answer, denied: false };
    if (answer.status === 404) return { kind: "absent" };
    if (answer.status !== 200) {
      const denied = answer.status === 401 || answer.status === 403;
      return { kind: "unknown", reason: describeApiError(answer.status, answer.text), denied };
    }
    return parse(answer.text, schema);
  }

  /** The last answer, or what the last failure was. */
  async #getWithRetries(path: string, signal: AbortSignal): Promise<HttpAnswer | string> {
    const { clock } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#get(path, signal);
      const failed = typeof answer === "string" || isWorthRetrying(answer.status);
      if (!failed || attempt >= READ_RETRIES.tries) return answer;
      const asked =
        typeof answer === "string" ? undefined : retryAfter(answer.headers["retry-after"], clock.now());
      await clock.sleep(pauseBefore(attempt + 1, READ_RETRIES, asked), signal);
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<HttpAnswer | string> {
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
          timeoutMs: REQUEST_TIMEOUT_MS,
        },
        signal,
      );
      this.#noteServerTime(answer);
      say(String(answer.status));
      return answer;
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

type Read<T> =
  | { readonly kind: "present"; readonly value: T }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown"; readonly reason: string; readonly denied: boolean };

function parse<T>(text: string, schema: z.ZodType<T>): Read<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "unknown", reason: `the answer is no JSON: ${messageOf(error)}`, denied: false };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "present", value: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "the answer" : issue.path.join(".");
  return { kind: "unknown", reason: `unexpected answer: ${where}: ${issue?.message ?? "?"}`, denied: false };
}

function platformError(message: string): ClusterError {
  return new ClusterError({
    kind: "platform",
    code: "api-failed",
    message: `Phala's API: ${message}`,
    hint: "try again in a moment; https://status.phala.com says whether Phala has trouble",
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
