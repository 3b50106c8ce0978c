/** The app-composes that approved hashes stand for: one private file per hash. */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { composeHashOf, sha256Hex, canonicalJson, type AppCompose } from "../core/compose-hash.ts";
import { parseComposeHash } from "../core/domain.ts";
import { replaceStateFile, type StateDirectory } from "./state-directory.ts";

export type AppComposeStore = {
  save(appCompose: AppCompose): Promise<void>;
  /** Undefined where it was never recorded, or the file does not hash to its name any more. */
  load(hash: string): Promise<AppCompose | undefined>;
  /** One with this compose text (by its SHA-256), whatever its hash. */
  withText(digest: string): Promise<AppCompose | undefined>;
  /** SHA-256 of every pre-launch script in the store. */
  knownScripts(): Promise<ReadonlySet<string>>;
};

/** Of the runners: what approved hashes stand for. */
export function appComposeStore(directory: StateDirectory): AppComposeStore {
  return storeIn(directory.appComposes);
}

/** Of the registry: what it ran before each update, for a rollback. Apart, because nobody approves these. */
export function registryComposeStore(directory: StateDirectory): AppComposeStore {
  return storeIn(directory.registryComposes);
}

function storeIn(folder: string): AppComposeStore {
  const fileOf = (hash: string): string => path.join(folder, `${hash}.json`);
  const load = async (hash: string): Promise<AppCompose | undefined> => {
    if (parseComposeHash(hash) === undefined) return undefined;
    const appCompose = await readJson(fileOf(hash));
    return appCompose && composeHashOf(appCompose) === hash ? appCompose : undefined;
  };
  const all = async (): Promise<AppCompose[]> => {
    const names = await readdir(folder).catch(() => []);
    const read = await Promise.all(names.map((name) => load(path.basename(name, ".json"))));
    return read.filter((appCompose) => appCompose !== undefined);
  };
  return {
    save: (appCompose) => replaceStateFile(fileOf(composeHashOf(appCompose)), canonicalJson(appCompose)),
    load,
    async withText(digest) {
      return (await all()).find(({ docker_compose_file: text }) => text && sha256Hex(text) === digest);
    },
    async knownScripts() {
      const scripts = (await all()).flatMap(({ pre_launch_script: script }) => (script ? [script] : []));
      return new Set(scripts.map(sha256Hex));
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
