/** A newer version is told of at most once a day, to a person at a terminal, and never waited for. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { makeWorld, type World } from "../helpers/program.ts";
import { startInTerminal } from "../helpers/terminal.ts";

const NEWER = "99.0.0";
const TOLD = `tee-cluster ${NEWER} is available`;

/** @returns its address, and what it was asked for. */
async function registry(answer: (response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    env: { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}/npm/`, npm_config_registry: undefined },
  };
}

/** Returns once the registry's answer is written down. */
async function untilKept(file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => "");
  if (text.includes(NEWER)) return;
  await delay(20);
  return untilKept(file);
}

/** A command that asks the platform, at a terminal that stays until all of it has come up. */
async function runOnTerminal(
  world: World,
  env: Record<string, string | undefined>,
): Promise<string> {
  const session = startInTerminal(world, ["doctor"], env, { thenStty: true });
  await session.exit;
  return session.screen();
}

test("told once a day; not in CI, not in a pipe, not as JSON, not where it is switched off", async () => {
  // A command that ends before the answer comes says nothing: here the platform is slower than the registry.
  let slower: (() => Promise<void>) | undefined;
  const world = await makeWorld({ onRequest: () => slower?.() });
  await mkdir(world.stateDir, { recursive: true });
  const { asked, env } = await registry((response) =>
    response.end(JSON.stringify({ latest: NEWER })),
  );
  await runOnTerminal(world, { ...env, NO_UPDATE_NOTIFIER: "1" });
  await runOnTerminal(world, { ...env, CI: "true" });
  await world.run(["list"], { NPM_CONFIG_REGISTRY: env.NPM_CONFIG_REGISTRY, CI: "" });
  expect(asked).toEqual([]);
  slower = () => untilKept(path.join(world.stateDir, "update-check.json"));
  const screen = await runOnTerminal(world, env);
  expect(screen).toMatch(new RegExp(`${TOLD}, this is \\d+\\.\\d+\\.\\d+: npm i -g tee-cluster`));
  expect(new Set(asked)).toEqual(new Set(["/npm/-/package/tee-cluster/dist-tags"]));
  const count = asked.length;
  expect(await runOnTerminal(world, env)).not.toContain(TOLD);
  expect(asked).toHaveLength(count);
});

test("a registry that never answers holds nobody up", async () => {
  const world = await makeWorld();
  await mkdir(world.stateDir, { recursive: true });
  const { asked, env } = await registry(() => undefined);
  // The request's own timeout is 5 s: a run that waited for it could not end before.
  const started = performance.now();
  const session = startInTerminal(world, ["explain", "cancelled"], env);
  expect(await session.exit).toBe(0);
  const alone = performance.now();
  expect(session.screen()).not.toContain("is available, this is");
  const quiet = startInTerminal(world, ["explain", "cancelled"], {
    ...env,
    NO_UPDATE_NOTIFIER: "1",
  });
  await quiet.exit;
  const without = performance.now() - alone;
  expect(alone - started).toBeLessThan(without + 4_500);
  expect(asked.length).toBeLessThan(2);
});
