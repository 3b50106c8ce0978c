/** Who holds a lock, as the lock's file says it, and what can be known of them from here. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import * as z from "zod";
import { sha256Hex } from "../core/compose-hash.ts";
import { parseJson } from "../lib/json.ts";
import {
  isEarlierBoot,
  isProcessAlive,
  processPlace,
  processStart,
  type ProcessPlace,
} from "../lib/process-alive.ts";
import { unreadable } from "./state-directory.ts";

/** Raised whenever an older program could misread a lock. 1: of 0.1.0, without a heartbeat and without this number. */
const LOCK_VERSION = 2;

const ownerSchema = z.object({
  v: z.number().default(1),
  pid: z.number().int(),
  host: z.string(),
  /** `processPlace`. */
  namespace: z.string().nullable().default(null),
  boot: z.string().nullable().default(null),
  machine: z.string().nullable().default(null),
  /** When the process started, see `processStart`. Null where unknown. */
  started: z.string().nullable(),
  command: z.string(),
  since: z.string(),
  nonce: z.string(),
  /** Counts up while the owner lives; of a fixed width, so that it is written in place. */
  beat: z.string().optional(),
});

export type Owner = z.infer<typeof ownerSchema>;

/** What stands in a lock's file. `identity` names this lock and no later one; `text` changes with each heartbeat. */
export type Holder = {
  readonly identity: string;
  readonly text: string;
  /** Undefined for what no version known here wrote. */
  readonly owner: Owner | undefined;
};

/**
 * `dead`: gone for certain, or half a file, which a power cut leaves. `alive`: it runs. `distant`: it can't be looked
 * at from here, only its heartbeat. `foreign`: another format, which is respected.
 */
export type Judgement = "dead" | "alive" | "distant" | "foreign";

export const BEAT_WIDTH = 12;

export function newOwner(command: string, now: () => number): Owner {
  return {
    v: LOCK_VERSION,
    pid: process.pid,
    host: hostname(),
    ...processPlace(),
    started: processStart(process.pid),
    command,
    since: new Date(now()).toISOString(),
    nonce: randomBytes(8).toString("hex"),
    beat: "0".repeat(BEAT_WIDTH),
  };
}

/** Undefined: there is no such file. @throws ClusterError `state-unreadable` (prerequisite). */
export async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return holderOf(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(file, error);
  }
}

export function holderOf(text: string): Holder {
  const owner = ownerSchema.safeParse(parseJson(text)).data;
  return { identity: owner?.nonce ?? sha256Hex(text).slice(0, 16), text, owner };
}

/** Only a process of this host, boot and process namespace can be looked at; none outlives its boot. */
export function judge({ owner, text }: Holder, here: ProcessPlace = processPlace()): Judgement {
  if (owner === undefined)
    return z.looseObject({}).safeParse(parseJson(text)).success ? "foreign" : "dead";
  if (owner.v > LOCK_VERSION) return "foreign";
  if (owner.host === hostname() && isEarlierBoot(owner, here)) return "dead";
  if (!isHere(owner, here)) return owner.beat === undefined ? "foreign" : "distant";
  return isProcessAlive(owner.pid, owner.started) ? "alive" : "dead";
}

function isHere({ v, host, namespace, boot }: Owner, here: ProcessPlace): boolean {
  if (host !== hostname()) return false;
  // 0.1.0 wrote the host alone.
  if (v === 1) return true;
  return namespace === here.namespace && boot === here.boot;
}

/** For messages. */
export function describeHolder({ owner }: Holder): string {
  if (owner === undefined) return "another version of tee-cluster";
  return `tee-cluster ${owner.command} (pid ${owner.pid} on ${owner.host}, since ${owner.since})`;
}
