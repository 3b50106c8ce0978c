/** What runs on this machine, read from /proc. */
import { readdir, readFile } from "node:fs/promises";
import type { World } from "./program.ts";

/** Command lines of all processes with the world's TMPDIR: the program and its children, wherever they are. */
export async function processesOf(world: Pick<World, "env">): Promise<string[]> {
  return (await entriesOf(world)).map(({ line }) => line);
}

/** Ids of those whose command line holds the words. */
export async function pidsOf(world: Pick<World, "env">, words: string): Promise<number[]> {
  return (await entriesOf(world)).flatMap(({ pid, line }) =>
    line.includes(words) ? Number(pid) : [],
  );
}

/** Whether these have ended. Cheap, where `processesOf` looks at every process of the machine. */
export async function areGone(pids: readonly number[]): Promise<boolean> {
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")),
  );
  return environments.every((text) => text === "");
}

async function entriesOf(world: Pick<World, "env">): Promise<{ pid: string; line: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => commandLineOf(pid, `TMPDIR=${world.env["TMPDIR"]}`)),
  );
  return pids.map((pid, at) => ({ pid, line: lines[at] ?? "" })).filter(({ line }) => line !== "");
}

/** The program and its `phala` both have it; the address of the API only the program. */
async function commandLineOf(pid: string, variable: string): Promise<string> {
  try {
    if (!(await readFile(`/proc/${pid}/environ`, "utf8")).includes(variable)) return "";
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
  } catch {
    // Gone in the meantime.
    return "";
  }
}
