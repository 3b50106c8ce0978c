/**
 * One run at a time per cluster. The lock is a file that names its owner, whose heartbeat is in it. One of a dead
 * process, or of an earlier boot of this machine, is taken over at once; one that can't be looked at (another host, another container) after it was silent for
 * two minutes, as observed here: clocks are not compared. Another format is respected. See docs/state.md.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { link, open, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { ClusterError } from "../errors/cluster-error.ts";
import { parseJson } from "../lib/json.ts";
import {
  BEAT_WIDTH,
  describeHolder,
  holderOf,
  judge,
  newOwner,
  readHolder,
  type Holder,
  type Owner,
} from "./lock-owner.ts";
import { unwritable, type StateDirectory } from "./state-directory.ts";

export type Lock = {
  /** @throws ClusterError `lock-lost` (conflict) where another run has taken it over. Synchronous: asked before each change. */
  assertHeld(): void;
  /** Synchronous, so that it also works on the way out of a second Ctrl-C. Idempotent. */
  release(): void;
};

export type LockOptions = {
  readonly command: string;
  /** Wall clock, for the record alone. */
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** Told once, when a distant owner's lock is being watched. */
  readonly onWait?: (message: string) => void;
  /** How long a distant owner must be silent, how often it is looked at, and how often we say that we live. */
  readonly silenceMs?: number;
  readonly pollMs?: number;
  readonly beatMs?: number;
};

const SILENCE_MS = 120_000;
const POLL_MS = 1_000;
const BEAT_MS = 10_000;
/** How often a take-over that another one crossed is tried again. */
const ATTEMPTS = 50;

/**
 * Takes the cluster's lock.
 * @throws ClusterError `run-in-progress` (conflict) that says who runs; the signal's reason when aborted.
 */
export async function acquireLock(directory: StateDirectory, options: LockOptions): Promise<Lock> {
  const owner = newOwner(options.command, options.now);
  const candidate = `${directory.lock}.${owner.nonce}`;
  const text = JSON.stringify(owner);
  try {
    await writeFile(candidate, text, { mode: 0o600, flag: "wx", flush: true });
    await take(directory.lock, candidate, owner, options);
    return await heldLock(directory.lock, candidate, owner, options);
  } catch (error) {
    if (error instanceof ClusterError || options.signal.aborted) throw error;
    throw unwritable(directory.lock, error);
  } finally {
    await rm(candidate, { force: true });
  }
}

/** Whether a run is in progress on the cluster, as far as that can be seen at once. Takes nothing, writes nothing. */
export async function isRunInProgress(directory: StateDirectory): Promise<boolean> {
  const holder = await readHolder(directory.lock);
  return holder !== undefined && judge(holder) !== "dead";
}

async function take(
  lock: string,
  candidate: string,
  owner: Owner,
  options: LockOptions,
): Promise<void> {
  let holder: Holder | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await tryLink(candidate, lock)) return;
    holder = await readHolder(lock);
    if (holder === undefined) continue;
    const judgement = judge(holder);
    if (judgement === "alive" || judgement === "foreign") throw inProgress(lock, holder);
    if (judgement === "distant" && !(await isSilent(lock, holder, options))) continue;
    if (await replace(lock, holder, { lock, candidate, nonce: owner.nonce })) return;
    await options.sleep(20 + Math.random() * 30, options.signal);
  }
  throw inProgress(lock, holder ?? holderOf(""));
}

/**
 * Watches a distant owner's lock. @returns whether nothing in it changed for long enough; false: it is gone.
 * @throws ClusterError `run-in-progress` at the first heartbeat.
 */
async function isSilent(lock: string, first: Holder, options: LockOptions): Promise<boolean> {
  const { monotonic, sleep, signal, silenceMs = SILENCE_MS, pollMs = POLL_MS } = options;
  const seconds = Math.round(silenceMs / 1000);
  options.onWait?.(
    `${describeHolder(first)} holds the lock, which can't be checked from here; if it shows no sign of life for ${seconds} s, its lock is taken over`,
  );
  const end = monotonic() + silenceMs;
  while (monotonic() < end) {
    await sleep(pollMs, signal);
    const now = await readHolder(lock);
    if (now?.identity !== first.identity) return false;
    if (now.text !== first.text) throw inProgress(lock, now);
  }
  return true;
}

type Claim = { readonly lock: string; readonly candidate: string; readonly nonce: string };

/**
 * Puts our lock in the place of a dead one, in one step. Only who makes the file `next-{identity of the dead one}`
 * (a hard link, which is never made twice) may do so; that file then becomes the lock. Where its maker died in between
 * it is taken over in the same way.
 */
async function replace(file: string, stale: Holder, claim: Claim): Promise<boolean> {
  const next = `${claim.lock}.next-${stale.identity}`;
  if (!(await tryLink(claim.candidate, next))) {
    const other = await readHolder(next);
    if (other === undefined || judge(other) !== "dead" || !(await replace(next, other, claim)))
      return false;
  }
  if ((await readHolder(file))?.identity !== stale.identity) {
    await rm(next, { force: true });
    return false;
  }
  await rename(next, file).catch((error: unknown) => {
    // A maker that was judged dead and was not: it has moved the file already.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
  return (await readHolder(file))?.identity === claim.nonce;
}

/** A hard link is made atomically and never over an existing file, with its content complete. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function heldLock(
  lock: string,
  candidate: string,
  owner: Owner,
  options: LockOptions,
): Promise<Lock> {
  const handle = await open(candidate, "r+");
  const position = JSON.stringify(owner).length - BEAT_WIDTH - 2;
  const timer = setInterval(() => void beat(handle, position), options.beatMs ?? BEAT_MS);
  timer.unref();
  return {
    assertHeld() {
      if (nonceIn(lock) === owner.nonce) return;
      throw new ClusterError("conflict", "lock-lost", {
        message: `another run has taken over the lock of this cluster (${lock}): this one was silent for too long`,
        hint: "wait until it has finished, then run this command again",
      });
    },
    release() {
      clearInterval(timer);
      void handle.close().catch(() => undefined);
      releaseFile(lock, owner);
    },
  };
}

/** Into the file that we made, wherever it is by now: never into another owner's lock. */
async function beat(handle: FileHandle, position: number): Promise<void> {
  const count = String(Math.round(performance.now())).padStart(BEAT_WIDTH, "0");
  // A full disk or a share that is gone: then we are silent, and the next intent shows whether the lock is ours.
  await handle.write(count, position, "utf8").catch(() => undefined);
}

/** A take-over that is under way claims it first: then the lock is left to whoever claimed it. */
function releaseFile(lock: string, owner: Owner): void {
  const { nonce } = owner;
  const claim = `${lock}.next-${nonce}`;
  try {
    if (nonceIn(lock) !== nonce) return;
    // Under a name of its own, so that a claim whose maker dies here is taken over like a lock.
    const claimant = { ...owner, nonce: randomBytes(8).toString("hex") };
    writeFileSync(claim, JSON.stringify(claimant), { mode: 0o600, flag: "wx" });
    if (nonceIn(lock) === nonce) rmSync(lock, { force: true });
    rmSync(claim, { force: true });
  } catch {
    // Gone already, no longer ours, or a disk that turned read-only: the next run sees that its owner is dead.
  }
}

function nonceIn(file: string): unknown {
  try {
    return (parseJson(readFileSync(file, "utf8")) as { readonly nonce?: unknown }).nonce;
  } catch {
    return undefined;
  }
}

function inProgress(lock: string, holder: Holder): ClusterError {
  const foreign = judge(holder) === "foreign";
  return new ClusterError("conflict", "run-in-progress", {
    message: `another run is in progress on this cluster: ${describeHolder(holder)}`,
    hint: foreign
      ? `wait for it; if it is gone for good: rm '${lock}'`
      : "wait until it has finished, then run this command again",
  });
}
