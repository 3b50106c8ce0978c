/** What can go wrong on the way: set per endpoint, or for the n-th request. */
import { z } from "zod";

const action = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("delay"), ms: z.number() }),
  z.object({ kind: z.literal("status"), status: z.number(), retryAfter: z.number().optional() }),
  /** The connection breaks before anything happened. */
  z.object({ kind: z.literal("reset-before") }),
  /** The work is done, and then the connection breaks. */
  z.object({ kind: z.literal("reset-after") }),
  z.object({ kind: z.literal("hang") }),
  z.object({ kind: z.literal("half-json") }),
  z.object({ kind: z.literal("html") }),
  /** The work is done, and the JSON answer says something else: fields laid over it. */
  z.object({ kind: z.literal("lie"), fields: z.record(z.string(), z.unknown()) }),
]);

export const faultSchema = z.object({
  method: z.string().optional(),
  /** A regular expression over the path without its query. */
  path: z.string().optional(),
  /** Counted from 1 over all requests. */
  ordinal: z.number().int().positive().optional(),
  /** How often it strikes; absent: always. */
  times: z.number().int().positive().optional(),
  action,
});

export type Fault = z.infer<typeof faultSchema>;
export type FaultAction = Fault["action"];

/** The faults in force. */
export class Faults {
  #list: { fault: Fault; left: number }[] = [];

  set(faults: readonly Fault[]): void {
    this.#list = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  /** The action for a request; counts it. */
  strike(request: { method: string; path: string; ordinal: number }): FaultAction | undefined {
    const entry = this.#list.find(({ fault, left }) => left > 0 && matches(fault, request));
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.fault.action;
  }
}

function matches(fault: Fault, request: { method: string; path: string; ordinal: number }): boolean {
  if (fault.method !== undefined && fault.method !== request.method) return false;
  if (fault.ordinal !== undefined && fault.ordinal !== request.ordinal) return false;
  return fault.path === undefined || new RegExp(fault.path).test(request.path);
}
