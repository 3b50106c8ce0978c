/** A newer version is told of to a person at a terminal; how often, and from where: unit/cli/update-notice.test.ts. */
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

/** A command that asks the platform. */
async function runOnTerminal(
  world: World,
  env: Record<string, string | undefined>,
): Promise<string> {
  const session = startInTerminal(world, ["list"], env);
  await session.exit;
  return session.screen();
}

test("told; not in CI, not in a pipe, not as JSON, not where it is switched off", async () => {
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
});
