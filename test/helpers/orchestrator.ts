/** Deploys a runner exactly as the orchestrator does, and asks the registry for a model's key as a runner does. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { createPhalaCli } from "../../src/platform/phala/cli.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { createHttpClient } from "../../src/platform/net/http.ts";
import type { EnvironmentVariable, PhalaCli } from "../../src/core/ports.ts";
import type { Sandbox } from "../../src/sandbox/index.ts";
import { warmPhalaBin } from "./phala-bin.ts";

const signal = new AbortController().signal;

function phalaOf({ apiKey, apiUrl }: Pick<Sandbox, "apiKey" | "apiUrl">): PhalaCli {
  return createPhalaCli({
    bin: warmPhalaBin(),
    apiKey,
    apiUrl,
    env: process.env,
    http: createHttpClient({}),
    clock: systemClock,
    onDetail: () => undefined,
  });
}

/** @returns the runner's app_id. */
export async function deployRunner(
  sandbox: Sandbox,
  cluster: string,
  composeFile: string,
  environment: readonly EnvironmentVariable[],
  name = `${cluster}-runner-${randomBytes(4).toString("hex")}`,
): Promise<string> {
  const cli = phalaOf(sandbox);
  const composeText = await readFile(composeFile, "utf8");
  const created = await cli.createCvm(
    { name, instanceType: "tdx.medium", composeText, environment },
    signal,
  );
  if (created.kind !== "ok") throw new Error(created.message);
  return created.value.appId;
}

/** A CVM that somebody made by hand, with these environment names. */
export async function deployNamed(
  sandbox: Sandbox,
  name: string,
  composeText: string,
  names: readonly string[],
): Promise<void> {
  const cli = phalaOf(sandbox);
  const environment = names.map((variable) => ({ name: variable, value: "by-hand" }));
  const created = await cli.createCvm(
    { name, instanceType: "tdx.medium", composeText, environment },
    signal,
  );
  if (created.kind !== "ok") throw new Error(created.message);
}

/** The answer of `POST /registry/re-encrypt` to a running runner. */
export async function askForKey(
  sandbox: Sandbox,
  registryUrl: string,
  runnerAppId: string,
): Promise<{ status: number; body: string }> {
  const quote = await quoteOf(sandbox, runnerAppId);
  const answer = await fetch(`${registryUrl}/registry/re-encrypt`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ quote, model_id: "m1" }),
  });
  return { status: answer.status, body: await answer.text() };
}

async function quoteOf(sandbox: Sandbox, appId: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`${sandbox.apiUrl}/api/v1/cvms/${appId}/attestation`, {
      headers: { "x-api-key": sandbox.apiKey },
    });
    const body = answer.ok ? ((await answer.json()) as { quote?: string }) : {};
    if (body.quote) return body.quote;
    await delay(50);
  }
  throw new Error(`${appId} does not attest`);
}
