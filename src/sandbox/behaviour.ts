/** How this stand-in behaves where the platform is known to vary: set at the start, or by a fault. */
import * as z from "zod";

const ms = z.number().min(0);

export const behaviourSchema = z.object({
  /** Whether a CVM's `created_at` is told: it is in neither of the API's schemas for a CVM. */
  createdAt: z.boolean(),
  /** Whether a service's `/health` has `uptime_seconds`: in no public source. */
  uptimeSeconds: z.boolean(),
  /** How long a created CVM is missing from lists and name look-ups; by id it is there at once. */
  visibleAfterMs: ms,
  /** How long a CVM that is gone is still in the lists, as it was. */
  listedAfterDeletionMs: ms,
  /** How long a CVM that is being deleted is still reported; absent: the timings' own. */
  deletionMs: ms.optional(),
  /** The most items that a page has, whatever is asked for. */
  pageLimit: z.int().min(1).max(100),
  /** From the second page on, so many items slip past between two pages. */
  pageShift: z.int().min(0),
  /** An app_id or name that several CVMs have is refused with 409; only a uuid tells them apart. */
  ambiguousIds: z.boolean(),
  /** The lists have a CVM of somebody else whose name is null. */
  nullNamed: z.boolean(),
  provisionLifeMs: ms,
  /** How long a booted service answers 401 to signed requests. */
  authWarmupMs: ms,
  /** A registry without a coordinator's wallet takes hashes from everybody, instead of having no such endpoint. */
  openRegistry: z.boolean(),
  /** CVMs named as runners that ask for no node land on another one than the rest. */
  runnersElsewhere: z.boolean(),
  /** The server's clock is that far ahead: its `Date`, and every timestamp it tells. */
  clockSkewMs: z.number(),
  /** Timestamps have no zone. */
  zonelessTimestamps: z.boolean(),
});

export type Behaviour = z.infer<typeof behaviourSchema>;

export const DEFAULT_BEHAVIOUR: Behaviour = {
  createdAt: false,
  uptimeSeconds: false,
  visibleAfterMs: 0,
  listedAfterDeletionMs: 0,
  pageLimit: 100,
  pageShift: 0,
  ambiguousIds: false,
  nullNamed: false,
  provisionLifeMs: 7 * 24 * 3600 * 1000,
  authWarmupMs: 0,
  openRegistry: false,
  runnersElsewhere: false,
  clockSkewMs: 0,
  zonelessTimestamps: false,
};
