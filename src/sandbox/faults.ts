/** Faults, per endpoint or for the n-th request. Those with a name: `fault-catalogue.ts`. */
import * as z from "zod";

const ms = z.number().min(0);

const action = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("delay"), ms: z.number() }),
  z.object({
    kind: z.literal("status"),
    status: z.number(),
    retryAfter: z.number().optional(),
    /** The whole body; absent: a detail in words. */
    body: z.unknown().optional(),
  }),
  /** The connection breaks before anything happened. */
  z.object({ kind: z.literal("reset-before") }),
  /** The work is done, and then the connection breaks. */
  z.object({ kind: z.literal("reset-after") }),
  z.object({ kind: z.literal("hang") }),
  z.object({ kind: z.literal("half-json") }),
  z.object({ kind: z.literal("html") }),
  /** The work is done, and an intermediary answers instead: `401` in JSON, `403 page`. */
  z.object({ kind: z.literal("masked"), as: z.string() }),
  /** The work is done, and fields of the JSON answer are overwritten. */
  z.object({ kind: z.literal("lie"), fields: z.record(z.string(), z.unknown()) }),
  /** The work is done, and the JSON answer lacks fields, at any depth. */
  z.object({ kind: z.literal("without"), fields: z.array(z.string()) }),
  /** To another host; nothing is done. The path is appended. */
  z.object({ kind: z.literal("redirect"), status: z.number().default(302), to: z.string() }),
  /** The work is done, and the answer is padded to a size; with a status: nothing is done, the error is that large. */
  z.object({ kind: z.literal("huge"), bytes: z.number().min(0), status: z.number().optional() }),
  /** The work is done, and the answer comes as gzip that unpacks to a size. */
  z.object({ kind: z.literal("gzip-bomb"), bytes: z.number().min(0) }),
  /** The work is done, and the answer comes a byte at a time. */
  z.object({ kind: z.literal("drip"), everyMs: ms }),
  /** The work is done twice, as by a load balancer that repeats a request; the second answer is given. */
  z.object({ kind: z.literal("repeat") }),
  /** A create: the connection breaks, and the CVM becomes visible that much later. */
  z.object({ kind: z.literal("lost-create"), ms }),
  /** A create: a second CVM of the same name and app_id is made with it. */
  z.object({ kind: z.literal("replicate") }),
  /**
   * An update is accepted, and its operation ends with this status; `never` and `missing`: it stays in progress,
   * it is not listed at all. Applied or not: what the CVM runs afterwards.
   */
  z.object({ kind: z.literal("operation"), ends: z.string(), applied: z.boolean().default(false) }),
  /** A provisioning is answered with another hash than the CVM has later. */
  z.object({ kind: z.literal("wrong-provision") }),
]);

export const faultSchema = z.object({
  /** Several with `|` between. */
  method: z.string().optional(),
  /** A regular expression over the path without its query. */
  path: z.string().optional(),
  /** Counted from 1 over all requests. */
  ordinal: z.number().int().positive().optional(),
  /** How often it occurs; absent: always. */
  times: z.number().int().positive().optional(),
  action,
});

export type Fault = z.input<typeof faultSchema>;
export type FaultAction = z.infer<typeof action>;

type RequestInfo = { readonly method: string; readonly path: string; readonly ordinal: number };

/** The faults in force. */
export class Faults {
  #list: { fault: z.infer<typeof faultSchema>; left: number }[] = [];

  set(faults: readonly Fault[]): void {
    this.#list = faults.map((fault) => ({
      fault: faultSchema.parse(fault),
      left: fault.times ?? Number.POSITIVE_INFINITY,
    }));
  }

  /** The action for a request, if any; counts it. */
  match(request: RequestInfo): FaultAction | undefined {
    const entry = this.#list.find(({ fault, left }) => left > 0 && matches(fault, request));
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.fault.action;
  }
}

function matches(fault: Fault, request: RequestInfo): boolean {
  if (fault.method !== undefined && !fault.method.split("|").includes(request.method)) return false;
  if (fault.ordinal !== undefined && fault.ordinal !== request.ordinal) return false;
  return fault.path === undefined || new RegExp(fault.path).test(request.path);
}

/** How the stand-in behaves where the platform is known to vary: set at the start, or by a fault. */
export const DEFAULT_BEHAVIOUR = {
  /** Whether a CVM's `created_at` is reported: it is in neither of the API's schemas for a CVM. */
  createdAt: false,
  /** Whether a service's `/health` has `uptime_seconds`: in no public source. */
  uptimeSeconds: false,
  /** How long a created CVM is missing from lists and name look-ups; by id it is there at once. */
  visibleAfterMs: 0,
  /** How long a deleted CVM is still in the lists, unchanged. */
  listedAfterDeletionMs: 0,
  /** The maximum number of items in a page, whatever is requested. */
  pageLimit: 100,
  /** How many items are missed between the first page and every later one. */
  pageShift: 0,
  /** An app_id or name that several CVMs have is refused with 409; only a uuid identifies one. */
  ambiguousIds: false,
  /** The lists have another user's CVM whose name is null. */
  nullNamed: false,
  provisionLifeMs: 7 * 24 * 3600 * 1000,
  /** How long a booted service answers 401 to signed requests. */
  authWarmupMs: 0,
  /** A registry without a coordinator's wallet accepts hashes from anyone, instead of having no such endpoint. */
  openRegistry: false,
  /** CVMs named as runners that request no node land on another one than the rest. */
  runnersElsewhere: false,
  /** How far the server's clock is ahead: its `Date`, and every timestamp in an answer. */
  clockSkewMs: 0,
  /** Timestamps have no zone. */
  zonelessTimestamps: false,
};

export type Behaviour = Readonly<typeof DEFAULT_BEHAVIOUR> & {
  /** How long a CVM that is being deleted is still reported; absent: as in the timings. */
  readonly deletionMs?: number;
};
