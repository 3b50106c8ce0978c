/**
 * Loads the built program as a script, with V8's code cache from an earlier start of the same command. Node's compile
 * cache (22.8 and newer) contains only what is compiled before the program runs, a third as much.
 * V8 does not check cached code, so it is used only with a valid seal: a SHA-256 over the program's text and the code.
 */
import { createHash, type Hash } from "node:crypto";
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Script } from "node:vm";
import { privateCacheFolder } from "./compile-cache.ts";
import { lazyRequire, standInFor } from "./lazy-builtins.ts";

const SEAL_BYTES = 32;
const COMMAND = /^[a-z][a-z-]{0,19}$/;
const WRAPPER = ["(function(exports,require,module,__filename,__dirname){", "\n})"] as const;

/**
 * @param file a CommonJS module in ASCII. Modules beside it that it requires are loaded in the same way, when first used.
 * @param command each command has its own code cache.
 * @param load Node's own `require`.
 * @returns its exports. The code cache is written when the process exits with 0.
 */
export function loadProgram(
  file: string,
  command: string | undefined,
  env: NodeJS.ProcessEnv,
  load: NodeJS.Require,
): unknown {
  const builtin = lazyRequire(load);
  const cache = cacheFileFor(command, env);
  const folder = path.dirname(file);
  const loaded = new Map<string, { exports: unknown }>();
  const loadPart = (name: string): unknown => {
    const module = loaded.get(name) ?? { exports: {} };
    if (!loaded.has(name)) {
      loaded.set(name, module);
      const part = path.join(folder, name);
      const main = part === file;
      const script = scriptOf(
        part,
        main ? cache : cache?.replace(/code$/, `${path.basename(name, ".cjs")}.code`),
      );
      const run = script.runInThisContext() as (...names: readonly unknown[]) => void;
      run(module.exports, requirePart, module, part, folder);
    }
    return module.exports;
  };
  const requirePart = (name: string): unknown => {
    if (!name.startsWith("./")) return builtin(name);
    return loaded.has(name) ? loadPart(name) : standInFor(() => loadPart(name) as object);
  };
  return loadPart(`./${path.basename(file)}`);
}

function scriptOf(file: string, cache: string | undefined): Script {
  const { bytes, source } = textOf(file);
  const seal = createHash("sha256").update(bytes);
  const kept = cache === undefined ? undefined : readKept(cache, seal);
  const script = new Script(source, { filename: file, cachedData: kept });
  if (cache !== undefined && (kept === undefined || script.cachedDataRejected === true))
    process.once("exit", (code) => {
      if (code === 0) keep(cache, seal, script.createCachedData());
    });
  return script;
}

/** The file and its text in the wrapper of a CommonJS module, decoded together because joining strings would copy. */
function textOf(file: string): { readonly bytes: Buffer; readonly source: string } {
  const [head, tail] = WRAPPER;
  const whole = Buffer.concat([Buffer.from(head), readFileSync(file), Buffer.from(tail)]);
  const bytes = whole.subarray(head.length, -tail.length);
  return { bytes, source: whole.toString("latin1") };
}

/** One for each version of Node: V8 rejects those of others. */
function cacheFileFor(command: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const folder = privateCacheFolder(env);
  const name = command !== undefined && COMMAND.test(command) ? command : "none";
  return folder && path.join(folder, `${name}-${process.version}-${process.arch}.code`);
}

/** @param seal a hash over the program's text. */
const sealOf = (seal: Hash, code: Buffer): Buffer => seal.copy().update(code).digest();

function readKept(cache: string, seal: Hash): Buffer | undefined {
  try {
    const bytes = readFileSync(cache);
    const code = bytes.subarray(SEAL_BYTES);
    return sealOf(seal, code).equals(bytes.subarray(0, SEAL_BYTES)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Atomic. Failures are ignored: the next start just takes longer. */
function keep(cache: string, seal: Hash, code: Buffer): void {
  const unfinished = `${cache}.${process.pid}`;
  try {
    writeFileSync(unfinished, sealOf(seal, code), { mode: 0o600 });
    appendFileSync(unfinished, code);
    renameSync(unfinished, cache);
  } catch {
    remove(unfinished);
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // On a read-only or full disk it stays; nothing reads it.
  }
}
