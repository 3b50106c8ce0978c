/** Finds compose files below the working directory for the wizard. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** `model_orchestrator/data` is two deep; further down, other people's files begin. */
const MAX_DEPTH = 3;
/** A home folder has thousands: whoever starts there gets a prompt, not a wait. */
const MAX_FOLDERS = 200;
const COMPOSE_FILE = /compose.*\.ya?ml$/;
const SKIPPED = new Set(["node_modules", "dist", "build", "venv"]);

/** Paths relative to `folder`, the nearest ones first. What can't be read is not offered. */
export async function findComposeFiles(folder = "."): Promise<readonly string[]> {
  const found: string[] = [];
  let level = [""];
  let visited = 0;
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const now = level.slice(0, MAX_FOLDERS - visited);
    visited += now.length;
    const entries = (await Promise.all(now.map((place) => entriesOf(folder, place)))).flat();
    found.push(
      ...entries
        .filter(({ kind, at }) => kind === "file" && COMPOSE_FILE.test(at))
        .map(({ at }) => at),
    );
    level = entries.filter(({ kind }) => kind === "folder").map(({ at }) => at);
  }
  return found;
}

export async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

type Entry = { readonly at: string; readonly kind: "file" | "folder" | "other" };

async function entriesOf(folder: string, place: string): Promise<Entry[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(path.join(folder, place), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter(({ name }) => !name.startsWith(".") && !SKIPPED.has(name))
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((entry) => ({
      at: path.join(place, entry.name),
      kind: entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other",
    }));
}
