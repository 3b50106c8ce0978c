/**
 * The cloud on disk. Several servers may share it (`init --sandbox` in one terminal, `status --sandbox` in
 * another): every change is load, change, save under a lock; reads load again only when the file has changed.
 */
import { isErrno } from "../lib/errno.ts";
import { parseJson } from "../lib/json.ts";
import { isProcessAlive } from "../lib/process-alive.ts";
import { chmod, link, lstat, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import type { Changed, CloudState } from "./model.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { makeFolder } from "../lib/make-folder.ts";

const LOCK_STALE_MS = 10_000;
const LOCK_PAUSE_MS = 5;

export class CloudStore {
  readonly #file: string;
  readonly #folder: string;
  #cached: { readonly stamp: string; readonly state: CloudState } | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = path.join(folder, "cloud.json");
  }

  /** @throws ClusterError (prerequisite) if this version can't use the file. */
  async read(): Promise<CloudState> {
    const stamp = await this.#stamp();
    if (stamp === undefined) return emptyCloud();
    if (this.#cached?.stamp === stamp) return this.#cached.state;
    const state = readState(await this.#text(), this.#file);
    this.#cached = { stamp, state };
    return state;
  }

  /**
   * Applies a change to the newest state. @returns the result of `change`.
   * @throws ClusterError `state-unwritable` (prerequisite), and as `read`.
   */
  async change<T>(change: (state: CloudState) => Changed<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#changeLocked(change));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #changeLocked<T>(change: (state: CloudState) => Changed<T>): Promise<T> {
    const lock = path.join(this.#folder, "cloud.lock");
    await this.#writing(async () => {
      makeFolder(this.#folder, 0o700);
      await ensurePrivate(this.#folder);
      await takeLock(lock);
    });
    try {
      const before = await this.read();
      const { state, result } = change(before);
      if (state !== before || (await this.#stamp()) === undefined)
        await this.#writing(() => this.#save(state));
      return result;
    } finally {
      await rm(lock, { force: true });
    }
  }

  async #save(state: CloudState): Promise<void> {
    const temporary = `${this.#file}.${randomBytes(4).toString("hex")}`;
    await writeFile(temporary, JSON.stringify(state), { mode: 0o600, flag: "wx" });
    await rename(temporary, this.#file);
    const stamp = await this.#stamp();
    if (stamp !== undefined) this.#cached = { stamp, state };
  }

  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw unwritable(this.#file, error);
    }
  }

  async #text(): Promise<string> {
    try {
      return await readFile(this.#file, "utf8");
    } catch (error) {
      throw unreadable(this.#file, error);
    }
  }

  /** Undefined if the file does not exist. */
  async #stamp(): Promise<string | undefined> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#file, { bigint: true });
      return `${ino}-${mtimeNs}-${size}`;
    } catch (error) {
      // ENOTDIR: writing will report it.
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw unreadable(this.#file, error);
    }
  }
}

/** Makes the folder private. @throws Error if it belongs to another user, or is a link. */
export async function ensurePrivate(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder);
  const own = process.getuid?.();
  if (own === undefined) return;
  if (uid !== own) throw new Error(`the folder belongs to another user (uid ${uid})`);
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/** Only this class writes the file, so checking its version and outline is enough. */
function readState(text: string, file: string): CloudState {
  const parsed = outline.safeParse(parseJson(text));
  if (!parsed.success) throw damaged(file, "it is not a record of a cloud");
  const { version } = parsed.data;
  if (version > 1) throw tooNew(file, version);
  if (!current.safeParse(parsed.data).success) throw damaged(file, "parts of it are missing");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return parsed.data as unknown as CloudState;
}

const outline = z.looseObject({ version: z.int().min(1) });
const current = z.looseObject({
  port: z.int().nullable(),
  nextId: z.int(),
  quoteKey: z.string(),
  cvms: z.array(z.looseObject({ name: z.string(), appId: z.string(), vmUuid: z.string() })),
  provisions: z.array(z.looseObject({ name: z.string(), appId: z.string() })),
});

function emptyCloud(): CloudState {
  const quoteKey = randomBytes(32).toString("hex");
  return { version: 1, port: null, nextId: 1, quoteKey, cvms: [], provisions: [] };
}

/**
 * Takes the lock: a file with its owner's pid. The lock of a killed process is broken at once if the pid no longer
 * exists, else by its age (the pid was reused, or never written).
 */
async function takeLock(file: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    if (await isAbandoned(file)) await breakLock(file);
    else await delay(LOCK_PAUSE_MS);
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, text] = await Promise.all([stat(file), readFile(file, "utf8")]);
    if (Date.now() - mtimeMs > LOCK_STALE_MS) return true;
    return /^\d+$/.test(text) && !isProcessAlive(Number(text));
  } catch {
    return false; // released in the meantime
  }
}

/**
 * Renames before removing: if two processes see the same abandoned lock, only one moves it. The moved file is checked
 * again, so that the other's new lock is restored and not removed.
 */
async function breakLock(file: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    await rename(file, aside);
    if (!(await isAbandoned(aside))) await link(aside, file);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EEXIST")) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** The folder is a file, read-only, or on a full disk. */
export function unwritable(file: string, cause: unknown): ClusterError {
  const message = `can't write the sandbox's cloud ${file}: ${messageOf(cause)}`;
  const hint = `make ${path.dirname(file)} a folder that can be written to, or choose another one with --state-dir`;
  return new ClusterError("prerequisite", "state-unwritable", { message, hint, cause });
}

const startOver = (file: string): string =>
  `delete ${path.dirname(file)} to begin a new cloud, or choose another folder with --state-dir`;

export function unreadable(file: string, cause: unknown): ClusterError {
  const message = `can't read the sandbox's cloud ${file}: ${messageOf(cause)}`;
  const hint = startOver(file);
  return new ClusterError("prerequisite", "state-unreadable", { message, hint, cause });
}

/** `reason` must not quote the file: it contains the private keys of the CVMs. */
function damaged(file: string, reason: string): ClusterError {
  const message = `the sandbox's cloud ${file} is damaged: ${reason}`;
  return new ClusterError("prerequisite", "state-damaged", { message, hint: startOver(file) });
}

function tooNew(file: string, version: number): ClusterError {
  const message = `the sandbox's cloud ${file} was written by a newer tee-cluster (format ${version}, this one knows 1)`;
  const hint = `upgrade: npm install -g tee-cluster@latest; or ${startOver(file)}`;
  return new ClusterError("prerequisite", "state-too-new", { message, hint });
}

/** The requested port can't be used. */
export function portUnusable(port: number, cause: NodeJS.ErrnoException): ClusterError {
  const hint = "choose another one with --port, or leave it out and a free one is taken";
  if (cause.code === "EADDRINUSE") {
    const message = `port ${port} of 127.0.0.1 is taken by another program`;
    return new ClusterError("conflict", "port-taken", { message, hint, cause });
  }
  const message = `can't listen on port ${port} of 127.0.0.1: ${messageOf(cause)}`;
  return new ClusterError("prerequisite", "port-unusable", { message, hint, cause });
}
