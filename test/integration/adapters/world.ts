/** A sandbox and the adapters over it, as the tests here need them. */
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import { createPhalaCli, type PhalaCliOptions } from "../../../src/platform/phala/cli.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { createHttpClient } from "../../../src/platform/net/http.ts";
import type { CreateCvmRequest, PhalaCli } from "../../../src/core/ports.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../../src/sandbox/index.ts";
import { PHALA_BIN, warmPhalaBin } from "../../helpers/phala-bin.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const COMPOSE_TEXT =
  "services:\n  spawntee:\n    image: example/secure-spawn:1\n    ports: ['9010:8080']\n";

export const deployment = (
  name: string,
  environment: CreateCvmRequest["environment"] = [],
): CreateCvmRequest => ({
  name,
  instanceType: "tdx.small",
  composeText: COMPOSE_TEXT,
  environment,
});

export async function startedSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({
    stateDir: path.join(await temporaryFolder(), "cloud"),
    ...options,
  });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** With a `phala` of its own, for what is stopped, killed, or looked at from outside. */
export function phala(
  connection: { readonly apiUrl: string; readonly apiKey: string },
  more: Partial<PhalaCliOptions> = {},
): PhalaCli {
  const { apiUrl, apiKey } = connection;
  const http = createHttpClient(more.env ?? {});
  return createPhalaCli({
    bin: PHALA_BIN,
    env: process.env,
    http,
    clock: systemClock,
    onDetail: () => undefined,
    apiUrl,
    apiKey,
    ...more,
  });
}

/** With one that is loaded already, for all else. */
export const warmPhala = (
  connection: Parameters<typeof phala>[0],
  more: Partial<PhalaCliOptions> = {},
): PhalaCli => phala(connection, { bin: warmPhalaBin(), ...more });

/** A program of the test's own, as a shell script. */
export async function program(folder: string, script: string): Promise<string> {
  const file = path.join(folder, "phala");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Where this process makes its temporary folders, until the test ends. */
export function useTemporaryDirectory(folder: string): void {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  onTestFinished(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
}
