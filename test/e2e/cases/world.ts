/** What the tests of cases share: a failed run's answer, another runner file, what a run changed. */
import { expect } from "vitest";
import type { InitResult } from "../../../src/commands/init/result.ts";
import type { RotateHashResult } from "../../../src/commands/rotate-hash/result.ts";
import type { FailureResult } from "../../../src/core/results.ts";
import type { Fault, Sandbox, SandboxOptions } from "../../../src/sandbox/index.ts";
import { makePreparedWorld, type Schema } from "../../helpers/prepared-cluster.ts";
import { withCompose, type Run, type World } from "../../helpers/program.ts";
import { expectValid } from "../../helpers/schemas.ts";

export const REGISTRY = "bird-tracker-registry";
export const RUNNER = "bird-tracker-runner-temp";

/** No boot takes any time. */
export const AT_ONCE = { bootMs: 1, updateOldServesMs: 1, updateDownMs: 1, updateBootMs: 1 };

export type Script = (
  request: Parameters<NonNullable<SandboxOptions["onRequest"]>>[0],
) => void | Promise<void>;

/** A prepared world in which a script is gone through before each request is answered. */
export async function scriptedWorld(
  options: Partial<SandboxOptions> = {},
  schema?: Schema,
): Promise<World & { play(script: Script): void }> {
  let script: Script | undefined;
  const world = await makePreparedWorld(
    { ...options, onRequest: (request) => script?.(request) },
    schema,
  );
  return { ...world, play: (next) => (script = next) };
}

/** The JSON of a run that failed: its exit code, error and what it left behind. */
export function failureOf({
  exitCode,
  stdout,
}: Run): FailureResult & { exitCode: number | undefined } {
  expect(exitCode, stdout).not.toBe(0);
  return { ...(expectValid("failure", stdout) as unknown as FailureResult), exitCode };
}

export const initiated = (run: Run): InitResult => JSON.parse(successOf(run)) as InitResult;
export const rotated = (run: Run): RotateHashResult =>
  JSON.parse(successOf(run)) as RotateHashResult;

function successOf({ exitCode, stdout, stderr }: Run): string {
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

let versions = 0;

/** A runner compose file that nobody has seen: the next run needs a temporary runner. */
export function anotherRunner(world: Pick<World, "folder">): Promise<Record<string, string>> {
  versions += 1;
  return withCompose(world, "runner", (text) => `${text}# version ${versions}\n`);
}

/** The requests that change something, with ids left out. */
export function changesIn(sandbox: Sandbox): string[] {
  return sandbox
    .requests()
    .filter(({ mutating }) => mutating)
    .map(
      ({ method, path: where }) =>
        `${method} ${where.replace(/^\/api\/v1/, "").replace(/[0-9a-f]{32,40}/g, "ID")}`,
    );
}

export const onGet = (path: string, action: Fault["action"], times?: number): Fault => ({
  method: "GET",
  path,
  action,
  ...(times === undefined ? {} : { times }),
});
