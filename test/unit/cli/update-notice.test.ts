/** When a newer version is looked for and told; at which runs it is told at all, e2e/update-notice.test.ts says. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isUpdateNoticeOff, checkForUpdate as look } from "../../../src/cli/update-notice.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { until } from "../../helpers/until.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;
const TELLS = (version: string) => (response: ServerResponse) =>
  void response.end(JSON.stringify({ latest: version }));

async function registry(answer: (response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/`;
  return { asked, url };
}

const checkForUpdate = (env: NodeJS.ProcessEnv, stateDir: string, now: number) =>
  look(env, stateDir, now, () => "1.0.0");

/** One run, which ends once the answer is written down. @returns what is said at its end. */
async function run(stateDir: string, env: NodeJS.ProcessEnv, now: number) {
  const kept = path.join(stateDir, "update-check.json");
  const notice = checkForUpdate(env, stateDir, now);
  await until(async () => (await readFile(kept, "utf8").catch(() => "")).includes("asked_at"));
  return notice.end();
}

test("asked and told once a day; a date in the future is a clock that was wrong", async () => {
  const { asked, url } = await registry(TELLS("99.0.0"));
  const [stateDir, env] = [await temporaryFolder(), { NPM_CONFIG_REGISTRY: url }];
  expect(await run(stateDir, env, NOW)).toContain("tee-cluster 99.0.0 is available, this is 1.0.0");
  const soon = checkForUpdate(env, stateDir, NOW + 23 * HOUR);
  // Had it asked, that would have come before this one's.
  expect(await run(await temporaryFolder(), env, NOW)).toContain("99.0.0");
  expect(await soon.end()).toBeUndefined();
  const question = "/npm/-/package/tee-cluster/dist-tags";
  expect(asked).toEqual([question, question]);
  await checkForUpdate(env, stateDir, NOW - 25 * HOUR).end();
  const next = checkForUpdate(env, stateDir, NOW + 25 * HOUR);
  await until(() => asked.length > 2);
  expect(await next.end()).toContain("99.0.0");
});

test("no newer version, one of a form that is none, a page: nothing is said", async () => {
  for (const answer of [TELLS("1.0.0"), TELLS("0.99.0"), TELLS("99.0.0-beta"), TELLS("<b>")]) {
    const { url } = await registry(answer);
    expect(await run(await temporaryFolder(), { npm_config_registry: url }, NOW)).toBeUndefined();
  }
  const failing = await registry((response) => {
    response.statusCode = 500;
    TELLS("99.0.0")(response);
  });
  const env = { npm_config_registry: failing.url };
  expect(await run(await temporaryFolder(), env, NOW)).toBeUndefined();
});

test("the registry of ~/.npmrc is asked where no variable names one", async () => {
  const { asked, url } = await registry(TELLS("99.0.0"));
  const HOME = await temporaryFolder();
  await writeFile(path.join(HOME, ".npmrc"), `//x/:_authToken=y\nregistry = ${url}\n`);
  expect(await run(await temporaryFolder(), { HOME }, NOW)).toContain("99.0.0");
  expect(asked).toHaveLength(1);
});

test("a registry that never answers is not waited for, and asked again by the next run", async () => {
  const { asked, url } = await registry(() => undefined);
  const [stateDir, env] = [await temporaryFolder(), { NPM_CONFIG_REGISTRY: url }];
  for (const runs of [1, 2]) {
    // Were its own limit waited for, it would be written down that it was asked.
    const notice = checkForUpdate(env, stateDir, NOW);
    await until(() => asked.length === runs);
    expect(await notice.end()).toBeUndefined();
  }
});

test("who cannot be told that it was told is not told each time; switched off as npm has it", async () => {
  const { url } = await registry(TELLS("99.0.0"));
  const missing = path.join(await temporaryFolder(), "missing");
  const notice = checkForUpdate({ NPM_CONFIG_REGISTRY: url }, missing, NOW);
  expect(await notice.end()).toBeUndefined();
  expect(isUpdateNoticeOff({})).toBe(false);
  expect(isUpdateNoticeOff({ NO_UPDATE_NOTIFIER: "1" })).toBe(true);
  expect(isUpdateNoticeOff({ npm_config_update_notifier: "false" })).toBe(true);
});
