/**
 * The cloud on disk. Several servers may share it (`init --sandbox` in one terminal, `status --sandbox` in
 * another): every change is load, change, save under a lock; reads load again only when the file has changed.
 */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { newQuoteKey } from "./kms.ts";
import type { CloudState } from "./model.ts";

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

  async read(): Promise<CloudState> {
    const stamp = await this.#stamp();
    if (stamp === undefined) return emptyCloud();
    if (this.#cached?.stamp === stamp) return this.#cached.state;
    const state = JSON.parse(await readFile(this.#file, "utf8")) as CloudState;
    this.#cached = { stamp, state };
    return state;
  }

  /** Applies a change to the newest state. What `change` returns beside the new state is handed on. */
  async change<T>(
    change: (state: CloudState) => { readonly state: CloudState; readonly result: T },
  ): Promise<T> {
    const turn = this.#queue.then(() => this.#changeLocked(change));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #changeLocked<T>(change: (state: CloudState) => { state: CloudState; result: T }): Promise<T> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const lock = path.join(this.#folder, "cloud.lock");
    await takeLock(lock);
    try {
      const before = await this.read();
      const { state, result } = change(before);
      if (state !== before || (await this.#stamp()) === undefined) await this.#save(state);
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

  async #stamp(): Promise<string | undefined> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#file, { bigint: true });
      return `${ino}-${mtimeNs}-${size}`;
    } catch {
      return undefined;
    }
  }
}

function emptyCloud(): CloudState {
  return { version: 1, port: null, nextId: 1, quoteKey: newQuoteKey(), cvms: [], provisions: [] };
}

/** A lock file that a dead process left is taken over once it is old: no change takes that long. */
async function takeLock(file: string): Promise<void> {
  for (;;) {
    try {
      await (await open(file, "wx", 0o600)).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_STALE_MS) await rm(file, { force: true });
    else await delay(LOCK_PAUSE_MS);
  }
}
