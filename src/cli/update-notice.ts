/**
 * Checks for a newer version, at most once a day and only for a person at a terminal. The request to the operator's npm
 * registry runs in parallel with the command, which does not wait for it.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { compareVersions } from "../checks/platform-checks.ts";
import { homeFolder } from "../lib/home.ts";
import { parseJson } from "../lib/json.ts";
import { createHttpClient } from "../platform/net/http.ts";
import { keepHints, readHints } from "../state/hints-file.ts";
import { versionOf } from "./version.ts";

const DAY_MS = 24 * 60 * 60_000;
const TIMEOUT_MS = 5_000;
/** Limit for the list of tags. */
const MAX_BYTES = 64 * 1024;
const STANDARD_REGISTRY = "https://registry.npmjs.org/";

const RELEASE = /^\d+\.\d+\.\d+$/;
const seenSchema = z.object({
  /** ISO 8601: of the last request, and of the last notice. */
  asked_at: z.string().optional(),
  told_at: z.string().optional(),
  latest: z.string().regex(RELEASE).optional(),
});
type Seen = z.infer<typeof seenSchema>;

export type UpdateNotice = {
  /** The notice for the end of the run, if any. A pending request is aborted. */
  end(): Promise<string | undefined>;
};

/** Disabled by the operator, as for npm and other tools. */
export const isUpdateNoticeOff = (env: NodeJS.ProcessEnv): boolean =>
  Boolean(env["NO_UPDATE_NOTIFIER"]) || env["npm_config_update_notifier"] === "false";

/** Starts the check. @param stateDir has the result of the last one; it is not created */
export function checkForUpdate(
  env: NodeJS.ProcessEnv,
  stateDir: string,
  now = Date.now(),
  version = versionOf,
): UpdateNotice {
  const file = path.join(stateDir, "update-check.json");
  const controller = new AbortController();
  const checking = check(file, env, controller.signal, now).catch(() => undefined);
  return {
    async end() {
      controller.abort();
      await checking;
      const seen = await readSeen(file);
      const { latest } = seen;
      if (latest === undefined || isWithinDay(seen.told_at, now)) return undefined;
      const own = version();
      if (compareVersions(latest, own) <= 0) return undefined;
      // Not if it can't be recorded: it would be shown every time.
      if (!(await keepHints(file, { ...seen, told_at: new Date(now).toISOString() })))
        return undefined;
      return `tee-cluster ${latest} is available, this is ${own}: npm i -g tee-cluster (NO_UPDATE_NOTIFIER=1 hides this)`;
    },
  };
}

async function check(
  file: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  now: number,
): Promise<void> {
  const seen = await readSeen(file);
  if (isWithinDay(seen.asked_at, now)) return;
  const latest = await latestVersion(env, signal).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  const asked = { ...seen, asked_at: new Date(now).toISOString() };
  await keepHints(file, latest === undefined ? asked : { ...asked, latest });
}

async function latestVersion(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  const registry = (await registryOf(env)).replace(/\/*$/, "/");
  const url = new URL("-/package/tee-cluster/dist-tags", registry).href;
  const http = createHttpClient(env);
  try {
    const request = { method: "GET", url, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES } as const;
    const { status, text } = await http.send(request, signal);
    const tags = z.object({ latest: z.string().regex(RELEASE) }).safeParse(parseJson(text));
    return status === 200 ? tags.data?.latest : undefined;
  } finally {
    await http.close();
  }
}

/** As configured for npm: its variable, else the user's .npmrc. */
async function registryOf(env: NodeJS.ProcessEnv): Promise<string> {
  const variable = env["npm_config_registry"] ?? env["NPM_CONFIG_REGISTRY"];
  if (variable) return variable;
  const file = env["NPM_CONFIG_USERCONFIG"] ?? path.join(homeFolder(env), ".npmrc");
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\s*registry\s*=\s*(\S+)/m.exec(text)?.[1] ?? STANDARD_REGISTRY;
}

const readSeen = async (file: string): Promise<Seen> => (await readHints(file, seenSchema)) ?? {};

/** A date in the future comes from a wrong clock. */
const isWithinDay = (iso: string | undefined, now: number): boolean =>
  iso !== undefined && Math.abs(now - Date.parse(iso)) < DAY_MS;
