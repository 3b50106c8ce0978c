/** The app-composes that approved hashes stand for: one private file per hash. */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { composeHashOf, sha256Hex, canonicalJson, type AppCompose } from "../app-compose.ts";
import { parseComposeHash } from "../domain.ts";
import { replaceStateFile, type StateDirectory } from "./state-directory.ts";

export type AppComposeStore = {
  save(appCompose: AppCompose): Promise<void>;
  /** Undefined where it was never recorded, or the file does not hash to its name any more. */
  load(hash: string): Promise<AppCompose | undefined>;
  /** SHA-256 of every pre-launch script in the store. */
  knownScripts(): Promise<ReadonlySet<string>>;
};

export function appComposeStore(directory: StateDirectory): AppComposeStore {
  const fileOf = (hash: string): string => path.join(directory.appComposes, `${hash}.json`);
  const load = async (hash: string): Promise<AppCompose | undefined> => {
    if (parseComposeHash(hash) === undefined) return undefined;
    const appCompose = await readJson(fileOf(hash));
    return appCompose && composeHashOf(appCompose) === hash ? appCompose : undefined;
  };
  return {
    save: (appCompose) => replaceStateFile(fileOf(composeHashOf(appCompose)), canonicalJson(appCompose)),
    load,
    async knownScripts() {
      const names = await readdir(directory.appComposes).catch(() => []);
      const all = await Promise.all(names.map((name) => load(path.basename(name, ".json"))));
      return new Set(all.flatMap((a) => (a?.pre_launch_script ? [sha256Hex(a.pre_launch_script)] : [])));
    },
  };
}

async function readJson(file: string): Promise<AppCompose | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as AppCompose)
      : undefined;
  } catch {
    return undefined;
  }
}
