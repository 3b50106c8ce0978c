/** `node:fs/promises` where files are on the model's disk; elsewhere it is itself. Only what the program uses. */
import * as real from "node:fs/promises";
import type { Stats } from "node:fs";
import {
  disk,
  failure,
  isHere,
  struckAt,
  type File,
  type FileOperation,
  type Node,
} from "./disk.ts";
import * as sync from "./fs.ts";

export * from "node:fs/promises";

// oxlint-disable-next-line typescript/no-explicit-any -- what it takes is what ours takes
type Theirs = (...args: any[]) => Promise<unknown>;

/** A function of ours for files of ours. A machine's process may die at any of them. */
function either<A extends [string, ...unknown[]], T>(
  operation: FileOperation,
  ours: (...args: A) => T,
  theirs: Theirs,
): (...args: A) => Promise<T> {
  return async (...args) => {
    const [file] = args;
    if (!isHere(file)) return (await theirs(...args)) as T;
    await struckAt(file, operation);
    return ours(...args);
  };
}

export const readFile = either("read", sync.readFileSync, real.readFile);
export const writeFile = either("write", sync.writeFileSync, real.writeFile);
export const rm = either("remove", sync.rmSync, real.rm);
export const mkdir = either("make", sync.mkdirSync, real.mkdir);
export const readdir = either("list", sync.readdirSync, real.readdir);
export const stat = either("stat", sync.statSync, real.stat);
export const access = either(
  "access",
  (file: string) => void disk.need(file, "access"),
  real.access,
);
export const realpath = either(
  "realpath",
  (file: string) => {
    disk.need(file, "realpath");
    return file;
  },
  real.realpath,
);
export const readlink = either("readlink", sync.readlinkSync, real.readlink);
export const chmod = either(
  "chmod",
  (file: string, mode: number) => setMode(disk.need(file, "chmod"), mode),
  real.chmod,
);
export const rename = either(
  "rename",
  (from: string, to: string) => disk.rename(from, to),
  real.rename,
);
export const link = either("link", (from: string, to: string) => disk.link(from, to), real.link);
export const copyFile = either(
  "copy",
  (from: string, to: string) => sync.writeFileSync(to, disk.needFile(from, "copyfile").data),
  real.copyFile,
);

export const open = either(
  "open",
  (file: string, flags: string = "r", mode: number = 0o666): OpenFile => {
    const there = disk.find(file);
    if (there && flags.includes("x")) throw failure("EEXIST", "open", file);
    if (!there && flags.startsWith("r")) throw failure("ENOENT", "open", file);
    return new OpenFile(file, there ?? disk.create(file, mode), flags.startsWith("a"));
  },
  real.open,
);

const setMode = (node: Node, mode: number): void => void (node.mode = (node.mode & ~0o7777) | mode);

class OpenFile {
  readonly #path: string;
  readonly #node: Node;
  readonly #appends: boolean;

  constructor(file: string, node: Node, appends: boolean) {
    this.#path = file;
    this.#node = node;
    this.#appends = appends;
  }

  async #file(operation: FileOperation): Promise<File> {
    await struckAt(this.#path, operation);
    if (this.#node.kind === "folder") throw failure("EISDIR", operation, this.#path);
    return this.#node;
  }

  async stat(): Promise<Partial<Stats>> {
    await struckAt(this.#path, "stat");
    return sync.statOf(this.#node);
  }

  async read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: Buffer }> {
    const { data } = await this.#file("read");
    return { bytesRead: data.copy(buffer, offset, position, position + length), buffer };
  }

  async writeFile(text: string | Buffer): Promise<void> {
    const file = await this.#file("write");
    const bytes = Buffer.from(text);
    file.data = this.#appends
      ? Buffer.concat([file.data, bytes])
      : Buffer.concat([bytes, file.data.subarray(bytes.length)]);
  }

  /** The lock's heartbeat, which is of real time: nothing that virtual time knows of. */
  write(): Promise<void> {
    return Promise.resolve();
  }

  async truncate(length: number): Promise<void> {
    const file = await this.#file("truncate");
    file.data = file.data.subarray(0, length);
  }

  async sync(): Promise<void> {
    await struckAt(this.#path, "sync");
    disk.sync(this.#node);
  }

  async chmod(mode: number): Promise<void> {
    setMode(await this.#file("chmod"), mode);
  }

  chown(): Promise<void> {
    return Promise.resolve();
  }

  async readFile(): Promise<Buffer> {
    return Buffer.from((await this.#file("read")).data);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
