/**
 * Where compiled code is cached for later starts of `phala` and of this program. Anyone who can write there can run code
 * as this user, so it is never Node's default in a shared temporary directory, but a private folder.
 */
import { lstatSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { makeFolder } from "../lib/make-folder.ts";

/** The first Node that has NODE_COMPILE_CACHE. */
const NEEDED = [22, 1] as const;
const OTHERS_MODE = 0o077;
const ANYBODY_WRITES = 0o002;
const STICKY = 0o1000;

/** The folder for Node's own cache; undefined if this Node has none, or as for `privateCacheFolder`. */
export function compileCacheFolder(
  env: NodeJS.ProcessEnv,
  nodeVersion: string = process.versions.node,
): string | undefined {
  return hasCompileCache(nodeVersion) ? privateCacheFolder(env) : undefined;
}

/** Undefined if the cache is disabled, or no private folder can be used. */
export function privateCacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (env["NODE_DISABLE_COMPILE_CACHE"]) return undefined;
  const base = cacheHome(env);
  return base && privateFolder(path.join(base, "tee-cluster", "compile-cache"));
}

function hasCompileCache(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

function cacheHome(env: NodeJS.ProcessEnv): string | undefined {
  const given = env["XDG_CACHE_HOME"];
  // The specification requires ignoring relative paths.
  if (given && path.isAbsolute(given)) return given;
  const home = env["HOME"];
  return home && path.isAbsolute(home) ? path.join(home, ".cache") : undefined;
}

/**
 * Created if missing. Undefined for a link, another user's folder, and one that others can enter or replace, for example
 * in the home of the user who called `sudo`.
 */
function privateFolder(folder: string): string | undefined {
  try {
    makeFolder(folder, 0o700);
    const stats = lstatSync(folder);
    const isOurs = stats.isDirectory() && stats.uid === process.getuid?.();
    const isPrivate = isOurs && (stats.mode & OTHERS_MODE) === 0;
    return isPrivate && isOutOfReach(realpathSync(folder), stats.uid) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Anyone who owns a parent folder, or may write to it, can rename it. */
function isOutOfReach(folder: string, user: number): boolean {
  const above = path.dirname(folder);
  if (above === folder) return true;
  const { uid, mode } = statSync(above);
  const isOpen = (mode & ANYBODY_WRITES) !== 0 && (mode & STICKY) === 0;
  return (uid === user || uid === 0) && !isOpen && isOutOfReach(above, user);
}
