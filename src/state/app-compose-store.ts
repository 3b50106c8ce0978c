/**
 * The app-composes of compose hashes: one private file per hash. A file is trusted only if its content hashes to its
 * name and a chain (the journal's or the history's) contains that hash: anybody can write a file with a matching name.
 */
import path from "node:path";
import { composeHashOf, sha256Hex, canonicalJson, type AppCompose } from "../core/compose-hash.ts";
import { parseComposeHash } from "../core/domain.ts";
import { parseJson } from "../lib/json.ts";
import { readFolder, readText } from "../lib/local-files.ts";
import type { VerifiedState } from "./verified-state.ts";
import { replaceStateFile, type StateDirectory } from "./state-directory.ts";

export type AppComposeStore = {
  /** Trusted from then on. */
  save(appCompose: AppCompose): Promise<void>;
  /** Undefined where it was never recorded, does not hash to its name, or is in no chain. */
  load(hash: string): Promise<AppCompose | undefined>;
  /** One with this compose text, by its SHA-256, which vouches for that text and for nothing else in it. */
  withText(digest: string): Promise<AppCompose | undefined>;
  /** SHA-256 of every pre-launch script in the store. */
  knownScripts(): Promise<ReadonlySet<string>>;
};

/** Of the runners: the app-composes of approved hashes. */
export function appComposeStore(
  directory: StateDirectory,
  { vouched }: VerifiedState,
): AppComposeStore {
  return storeIn(directory.appComposes, vouched.runners, async () => undefined);
}

/**
 * Of the registry: what it ran before each update, for a rollback. Apart, because nobody approves these.
 * @param record puts the hash of a saved one into the journal.
 */
export function registryComposeStore(
  directory: StateDirectory,
  { vouched }: VerifiedState,
  record: (hash: string) => Promise<void> = async () => undefined,
): AppComposeStore {
  return storeIn(directory.registryComposes, vouched.registry, record);
}

function storeIn(
  folder: string,
  vouched: ReadonlySet<string>,
  record: (hash: string) => Promise<void>,
): AppComposeStore {
  const trusted = new Set(vouched);
  const read = (hash: string): Promise<AppCompose | undefined> => readAppCompose(folder, hash);
  return {
    async save(appCompose) {
      const hash = composeHashOf(appCompose);
      await replaceStateFile(path.join(folder, `${hash}.json`), canonicalJson(appCompose));
      if (!trusted.has(hash)) await record(hash);
      trusted.add(hash);
    },
    load: async (hash) => (trusted.has(hash) ? read(hash) : undefined),
    async withText(digest) {
      const all = await Promise.all((await hashesIn(folder)).map(read));
      return all.find(
        (value) => value?.docker_compose_file && sha256Hex(value.docker_compose_file) === digest,
      );
    },
    async knownScripts() {
      const names = (await hashesIn(folder)).filter((hash) => trusted.has(hash));
      const all = await Promise.all(names.map(read));
      return new Set(
        all.flatMap((value) =>
          value?.pre_launch_script ? [sha256Hex(value.pre_launch_script)] : [],
        ),
      );
    },
  };
}

async function hashesIn(folder: string): Promise<readonly string[]> {
  const names = await readFolder(folder).catch(() => []);
  return names.flatMap((name) => parseComposeHash(path.basename(name, ".json")) ?? []);
}

async function readAppCompose(folder: string, hash: string): Promise<AppCompose | undefined> {
  if (parseComposeHash(hash) === undefined) return undefined;
  const text = await readText(path.join(folder, `${hash}.json`)).catch(() => "");
  const value = parseJson(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  return composeHashOf(value as AppCompose) === hash ? (value as AppCompose) : undefined;
}
