/** Routes of the API. */
import type { AttestationWorld } from "../attestation/api.ts";
import type { Behaviour, FaultAction } from "../faults.ts";
import type { CloudState, SandboxTimings } from "../model.ts";
import { invalid, ok, type Reply } from "../reply.ts";
import type { ApiVersion } from "../responses.ts";
import type { CloudStore } from "../store.ts";

export type ApiRequest = {
  readonly method: string;
  /** Without the prefix and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Parsed; undefined if it is not JSON. */
  readonly body: unknown;
  readonly version: ApiVersion;
  /** May change what the platform does, not only its answer. */
  readonly fault: FaultAction | undefined;
};

export type ApiWorld = AttestationWorld & {
  readonly store: CloudStore;
  readonly timings: SandboxTimings;
  readonly defaultNodeId: number;
  /** Changed by faults. */
  behaviour: Behaviour;
  /** `http://127.0.0.1:PORT`: for the addresses in answers. */
  readonly baseUrl: string;
};

export type Handle = (world: ApiWorld, request: ApiRequest, id: string) => Promise<Reply>;

export type Route = {
  readonly method: string;
  /** Its first group is an id. */
  readonly path: RegExp;
  readonly handle: Handle;
};

/** @param path a regular expression in which `:id` is the id. */
export const route = (method: string, path: string, handle: Handle): Route => ({
  method,
  path: new RegExp(`^${path.replace(":id", "([^/]+)")}$`),
  handle,
});

export type Reading = {
  readonly world: ApiWorld;
  readonly state: CloudState;
  readonly request: ApiRequest;
  readonly now: number;
};

/** A read-only route. */
export const get = (path: string, answer: (reading: Reading, id: string) => unknown): Route =>
  route("GET", path, async (world, request, id) => {
    const state = await world.store.read();
    return ok(answer({ world, state, request, now: Date.now() }, id));
  });

/** A whole list as one page. */
export const onePage = (items: readonly unknown[]): unknown => ({
  items,
  total: items.length,
  page: 1,
  page_size: 100,
  pages: 1,
});

/** @throws Refusal (422) if it is not an integer. */
export function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid(["query", name], "Input should be a valid integer", "int_parsing");
}

/** The requested page, within the platform's own limit. */
export function pageOf(
  total: number,
  query: URLSearchParams,
  behaviour: Pick<Behaviour, "pageLimit" | "pageShift">,
): { page: number; size: number; pages: number; start: number } {
  const page = Math.max(1, wholeNumber(query, "page", 1));
  const size = Math.min(behaviour.pageLimit, Math.max(1, wholeNumber(query, "page_size", 10)));
  const start = (page - 1) * size + (page > 1 ? behaviour.pageShift : 0);
  return { page, size, pages: Math.ceil(total / size), start };
}
