/**
 * One run at a time per cluster on this machine. The lock is a file that names its owner; it is taken over when
 * the owner is dead. Runs on other machines are kept apart by the temporary runner's fixed name, which Phala
 * refuses to give twice.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { rmSync, readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { ClusterError } from "../errors/cluster-error.ts";
import { unwritable, type StateDirectory } from "./state-directory.ts";

const ownerSchema = z.object({
  pid: z.number().int(),
  host: z.string(),
  /** When the process started, in the kernel's ticks: a pid alone is given again. Null where unknown. */
  started: z.string().nullable(),
  command: z.string(),
  since: z.string(),
  nonce: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

export type Lock = {
  /** Synchronous, so that it also works on the way out of a second Ctrl-C. Idempotent. */
  release(): void;
};

/**
 * Takes the cluster's lock.
 * @throws ClusterError `run-in-progress` (conflict) that says who is at work.
 */
export async function acquireLock(
  directory: StateDirectory,
  command: string,
  now: () => number,
): Promise<Lock> {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    started: processStart(process.pid),
    command,
    since: new Date(now()).toISOString(),
    nonce: randomBytes(8).toString("hex"),
  };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await tryLink(directory, owner)) return lockOf(directory, owner);
    const holder = await readOwner(directory.lock);
    if (holder !== undefined && isAlive(holder)) throw inProgress(directory, holder);
    await setAsideStale(directory, holder);
  }
  throw inProgress(directory, await readOwner(directory.lock));
}

/** Whether a run of this machine is at work on the cluster right now. Takes nothing, writes nothing. */
export async function isRunAtWork(directory: StateDirectory): Promise<boolean> {
  const holder = await readOwner(directory.lock);
  return holder !== undefined && isAlive(holder);
}

function lockOf(directory: StateDirectory, owner: Owner): Lock {
  return {
    release() {
      try {
        const holder: unknown = JSON.parse(readFileSync(directory.lock, "utf8"));
        const parsed = ownerSchema.safeParse(holder);
        if (parsed.success && parsed.data.nonce === owner.nonce) rmSync(directory.lock, { force: true });
      } catch {
        // Gone already, or not ours any more: nothing to release.
      }
    },
  };
}

/** A hard link is made atomically and never over an existing file, with its content complete. */
async function tryLink(directory: StateDirectory, owner: Owner): Promise<boolean> {
  const candidate = `${directory.lock}.${owner.nonce}`;
  try {
    await writeFile(candidate, JSON.stringify(owner), { mode: 0o600, flag: "wx" });
    await link(candidate, directory.lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw unwritable(directory.lock, error);
  } finally {
    await rm(candidate, { force: true });
  }
}

/**
 * Moves a dead owner's lock out of the way. Two runs may do so at once: whoever finds that it moved a lock
 * other than the stale one puts that back.
 */
async function setAsideStale(directory: StateDirectory, stale: Owner | undefined): Promise<void> {
  const aside = `${directory.lock}.stale-${randomBytes(4).toString("hex")}`;
  try {
    await rename(directory.lock, aside);
  } catch {
    return; // Somebody else was quicker.
  }
  const moved = await readOwner(aside);
  if (moved !== undefined && moved.nonce !== stale?.nonce)
    await link(aside, directory.lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const parsed = ownerSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** An owner on another host (a shared home directory) can't be looked at and counts as alive. */
function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const started = processStart(owner.pid);
  return started === null || owner.started === null || started === owner.started;
}

/** Field 22 of /proc/PID/stat, counted after the name in parentheses (proc(5)); null where there is no /proc. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function inProgress(directory: StateDirectory, owner: Owner | undefined): ClusterError {
  const who =
    owner === undefined
      ? "another process"
      : `tee-cluster ${owner.command} (pid ${owner.pid} on ${owner.host}, since ${owner.since})`;
  return new ClusterError({
    kind: "conflict",
    code: "run-in-progress",
    message: `${who} is at work on this cluster`,
    hint:
      owner !== undefined && owner.host !== hostname()
        ? `wait for it; if that machine is gone for good, remove ${directory.lock}`
        : "wait until it has finished, then run this command again",
  });
}
