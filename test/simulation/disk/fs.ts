/** `node:fs` where files are on the model's disk; elsewhere it is itself. Only what the program uses. */
import * as real from "node:fs";
import { disk, failure, isHere, type Folder, type Node } from "./disk.ts";

export * from "node:fs";

type Encoding = BufferEncoding | { readonly encoding?: BufferEncoding | null } | null | undefined;
type WriteOptions =
  | BufferEncoding
  | { readonly mode?: number; readonly flag?: string; readonly flush?: boolean };

export const existsSync: typeof real.existsSync = (file) =>
  isHere(file) ? disk.find(file) !== undefined : real.existsSync(file);

export function readFileSync(file: string, options?: Encoding): Buffer | string {
  if (!isHere(file)) return real.readFileSync(file, options);
  const { data } = disk.needFile(file, "open");
  const encoding = typeof options === "string" ? options : options?.encoding;
  return encoding ? data.toString(encoding) : Buffer.from(data);
}

export function writeFileSync(file: string, data: string | Buffer, options?: WriteOptions): void {
  if (!isHere(file)) return real.writeFileSync(file, data, options);
  const { mode = 0o666, flag = "w", flush = false } = typeof options === "object" ? options : {};
  const there = disk.find(file);
  if (there && flag === "wx") throw failure("EEXIST", "open", file);
  if (there?.kind === "folder") throw failure("EISDIR", "open", file);
  const target = there ?? disk.create(file, mode);
  target.data = Buffer.from(data);
  if (flush) disk.sync(target);
}

export function rmSync(
  file: string,
  options?: { readonly force?: boolean; readonly recursive?: boolean },
): void {
  if (isHere(file)) disk.remove(file, options);
  else real.rmSync(file, options);
}

export function mkdirSync(file: string, options?: { readonly recursive?: boolean }): void {
  if (isHere(file)) disk.makeFolder(file, options?.recursive ?? false);
  else real.mkdirSync(file, options);
}

export function readlinkSync(file: string): string {
  if (!isHere(file)) return real.readlinkSync(file);
  disk.need(file, "readlink");
  throw failure("EINVAL", "readlink", file);
}

export type Entry = { readonly name: string; isFile(): boolean; isDirectory(): boolean };

export function readdirSync(
  file: string,
  options?: { readonly withFileTypes?: boolean; readonly recursive?: boolean },
): readonly (string | Entry)[] {
  if (!isHere(file)) return real.readdirSync(file, options as { withFileTypes: true });
  const { entries } = disk.needFolder(file, "scandir");
  if (options?.recursive) return namesBelow(disk.needFolder(file, "scandir"), "");
  if (!options?.withFileTypes) return [...entries.keys()];
  return [...entries].map(([name, node]) => ({ name, ...kindOf(node) }));
}

const namesBelow = ({ entries }: Folder, before: string): string[] =>
  [...entries].flatMap(([name, node]) => [
    `${before}${name}`,
    ...(node.kind === "folder" ? namesBelow(node, `${before}${name}/`) : []),
  ]);

const kindOf = (node: Node): Omit<Entry, "name"> => ({
  isFile: () => node.kind === "file",
  isDirectory: () => node.kind === "folder",
});

/** The fields that the program looks at. */
export function statOf(node: Node): Partial<real.Stats> {
  const isFile = node.kind === "file";
  return {
    ...kindOf(node),
    isSymbolicLink: () => false,
    isFIFO: () => false,
    size: isFile ? node.data.length : 4096,
    mode: node.mode,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    nlink: isFile ? node.links : 2,
  };
}

export function statSync(
  file: string,
  options?: real.StatSyncOptions,
): Partial<real.Stats> | undefined {
  if (!isHere(file)) return real.statSync(file, options) as real.Stats | undefined;
  if (options?.throwIfNoEntry === false && disk.find(file) === undefined) return undefined;
  return statOf(disk.need(file, "stat"));
}
