/**
 * The disks of the machines, in memory: files, folders, hard links, and what of them a power cut leaves. Everything
 * under `ROOT` is here; `fs.ts` and `promises.ts` take the place of `node:fs` in the bundle (see bundle.ts).
 */
import path from "node:path";

export const ROOT = "/model";

/** `lasting`: what is there after a power cut. */
export type File = { kind: "file"; data: Buffer; lasting: Buffer; mode: number; links: number };
export type Folder = {
  kind: "folder";
  readonly entries: Map<string, Node>;
  lasting: ReadonlyMap<string, Node>;
  mode: number;
};
export type Node = File | Folder;

const CODES = {
  ENOENT: "no such file or directory",
  EEXIST: "file already exists",
  EISDIR: "illegal operation on a directory",
  ENOTDIR: "not a directory",
  EINVAL: "invalid argument",
  ENOSPC: "no space left on device",
} as const;

export function failure(code: keyof typeof CODES, call: string, file: string): Error {
  const error = new Error(`${code}: ${CODES[code]}, ${call} '${file}'`);
  return Object.assign(error, { code, syscall: call, path: file });
}

const newFolder = (): Folder => ({
  kind: "folder",
  entries: new Map(),
  lasting: new Map(),
  mode: 0o40755,
});

/**
 * @param file as given to a function of `node:fs`. The working directory has nothing in it, and the system tells
 *   nothing of itself; the rest of the real disk is there, for the fixtures.
 */
export const isHere = (file: unknown): file is string =>
  typeof file === "string" &&
  (file === ROOT || !file.startsWith("/") || /^\/(model|proc|etc)\//.test(file));

class Disk {
  readonly #root = newFolder();

  constructor() {
    this.makeFolder(ROOT, false);
  }

  find(file: string): Node | undefined {
    let at: Node | undefined = this.#root;
    for (const name of namesOf(file)) {
      if (at?.kind !== "folder") return undefined;
      at = at.entries.get(name);
    }
    return at;
  }

  need(file: string, call: string): Node {
    const node = this.find(file);
    if (node === undefined) throw failure("ENOENT", call, file);
    return node;
  }

  needFile(file: string, call: string): File {
    const node = this.need(file, call);
    if (node.kind === "folder") throw failure("EISDIR", call, file);
    return node;
  }

  needFolder(file: string, call: string): Folder {
    const node = this.need(file, call);
    if (node.kind === "file") throw failure("ENOTDIR", call, file);
    return node;
  }

  parentOf(file: string, call: string): Folder {
    return this.needFolder(path.dirname(file), call);
  }

  create(file: string, mode: number): File {
    const made: File = { kind: "file", data: none, lasting: none, mode: 0o100000 | mode, links: 1 };
    this.parentOf(file, "open").entries.set(path.basename(file), made);
    return made;
  }

  /** A folder lasts from the start: only what is in it may get lost. */
  makeFolder(file: string, recursive: boolean): void {
    if (this.find(file) !== undefined) {
      if (recursive) return;
      throw failure("EEXIST", "mkdir", file);
    }
    if (recursive && this.find(path.dirname(file)) === undefined)
      this.makeFolder(path.dirname(file), true);
    const parent = this.parentOf(file, "mkdir");
    const made = newFolder();
    parent.entries.set(path.basename(file), made);
    parent.lasting = new Map([...parent.lasting, [path.basename(file), made]]);
  }

  link(from: string, to: string): void {
    const node = this.needFile(from, "link");
    const { entries } = this.parentOf(to, "link");
    if (entries.has(path.basename(to))) throw failure("EEXIST", "link", to);
    entries.set(path.basename(to), node);
    node.links += 1;
  }

  rename(from: string, to: string): void {
    const node = this.need(from, "rename");
    const target = this.parentOf(to, "rename");
    const replaced = target.entries.get(path.basename(to));
    if (replaced?.kind === "file") replaced.links -= 1;
    this.parentOf(from, "rename").entries.delete(path.basename(from));
    target.entries.set(path.basename(to), node);
  }

  remove(file: string, { force = false, recursive = false } = {}): void {
    const node = this.find(file);
    if (node === undefined) {
      if (force) return;
      throw failure("ENOENT", "rm", file);
    }
    if (node.kind === "folder" && !recursive) throw failure("EISDIR", "rm", file);
    if (node.kind === "file") node.links -= 1;
    this.parentOf(file, "rm").entries.delete(path.basename(file));
  }

  sync(node: Node): void {
    if (node.kind === "file") node.lasting = node.data;
    else node.lasting = new Map(node.entries);
  }

  /** Of a file that was being written, half of what was not synced is there. */
  cutPower(folder: string): void {
    const lose = (node: Node): void => {
      if (node.kind === "file") {
        const { data, lasting } = node;
        const grown =
          data.length > lasting.length && data.subarray(0, lasting.length).equals(lasting);
        node.data = grown
          ? data.subarray(0, Math.floor((data.length + lasting.length) / 2))
          : lasting;
        node.lasting = node.data;
        return;
      }
      node.entries.clear();
      for (const [name, entry] of node.lasting) node.entries.set(name, entry);
      for (const entry of node.entries.values()) lose(entry);
    };
    const node = this.find(folder);
    if (node) lose(node);
  }
}

const none = Buffer.alloc(0);
const namesOf = (file: string): string[] => path.normalize(file).split("/").filter(Boolean);

export const disk = new Disk();

export type FileOperation =
  | "access"
  | "chmod"
  | "copy"
  | "link"
  | "list"
  | "make"
  | "open"
  | "read"
  | "readlink"
  | "realpath"
  | "remove"
  | "rename"
  | "stat"
  | "sync"
  | "truncate"
  | "write";

/** What may strike the file operations of a machine. Undefined: go on. */
export type FileStrike = (operation: FileOperation) => Promise<never> | undefined;
const machines = new Map<string, FileStrike>();

/** @param folder where the machine's files are. @param strike undefined: no longer. */
export function watchMachine(folder: string, strike: FileStrike | undefined): void {
  if (strike) machines.set(folder, strike);
  else machines.delete(folder);
}

/** Of the machine that a file is on. */
export function struckAt(file: string, operation: FileOperation): Promise<never> | undefined {
  for (const [folder, strike] of machines)
    if (file.startsWith(`${folder}/`)) return strike(operation);
  return undefined;
}
