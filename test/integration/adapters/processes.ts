/** What every user of the machine can see of our children, read from /proc. */
import { readdir, readFile } from "node:fs/promises";

/** A NODE_OPTIONS of the user's that would break any Node that gets it. */
export const NODE_PRELOAD_CHECK = "--require=/nowhere/not-for-the-child.js";

export type ChildView = { readonly args: string; readonly env: string };

/** Arguments and environment of the children of a process, NULs shown as blanks and line breaks. */
export async function childrenOf(parent: number): Promise<ChildView[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const views = await Promise.all(pids.map((pid) => viewOf(pid, parent)));
  return views.filter((view) => view !== undefined);
}

async function viewOf(pid: string, parent: number): Promise<ChildView | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold blanks; the parent is the second field after it.
    const [, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(ppid) !== parent) return undefined;
    const args = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
    return { args, env: (await readFile(`/proc/${pid}/environ`, "utf8")).replaceAll("\0", "\n") };
  } catch {
    return undefined;
  }
}
