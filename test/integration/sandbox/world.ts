/** What the sandbox's tests share: a running one, requests to it, deployments as the orchestrator makes them. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";
import { z } from "zod";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../../src/sandbox/index.ts";
import { runPhala, warmPhalaBin, type PhalaRun } from "../../helpers/phala-bin.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

export const composePath = (role: "registry" | "runner"): string =>
  fileURLToPath(
    new URL(`../../../fixtures/compose/docker-compose.phala.${role}.yml`, import.meta.url),
  );

export const composeText = (role: "registry" | "runner"): Promise<string> =>
  readFile(composePath(role), "utf8");

export async function sandboxWith(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const stateDir = options.stateDir ?? path.join(await temporaryFolder(), "cloud");
  const sandbox = await startSandbox({ timings: { bootMs: 0 }, ...options, stateDir });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** Stops the clock of the sandbox, which is in this process. @returns moves it on, by ms. */
export function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.setSystemTime(Date.now() + ms);
}

export type Answer = { readonly status: number; readonly headers: Headers; readonly json: unknown };

/** A request to the API, without the CLI. */
export async function api(
  sandbox: Sandbox,
  call: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [method = "GET", where = ""] = call.split(" ");
  return send(`${sandbox.apiUrl}/api/v1${where}`, method, options.body, {
    "x-api-key": sandbox.apiKey,
    ...options.headers,
  });
}

/** A request through the gateway to a CVM's published port. */
export function service(
  sandbox: Sandbox,
  cvm: { appId: string; port?: number; domain?: string },
  call: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [method = "GET", where = ""] = call.split(" ");
  const base = sandbox.gatewayUrl
    .replace("{app_id}", cvm.appId)
    .replace("{port}", String(cvm.port ?? 9010))
    .replace("{base_domain}", cvm.domain ?? "dstack-pha-prod10.phala.network");
  return send(base + where, method, options.body, options.headers);
}

async function send(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export type Deployment = {
  readonly name: string;
  readonly compose: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly cvmId?: string;
};

/** `phala deploy` with the environment in a file, as the product and the orchestrator run it. */
export async function deploy(sandbox: Sandbox, deployment: Deployment): Promise<PhalaRun> {
  const file = path.join(await temporaryFolder(), "cvm.env");
  const lines = Object.entries(deployment.environment).map(
    ([name, value]) => `${name}='${value}'\n`,
  );
  await writeFile(file, lines.join(""), { mode: 0o600 });
  const target =
    deployment.cvmId === undefined
      ? ["--name", deployment.name, "--instance-type", "tdx.small", "--no-dev-os"]
      : ["--cvm-id", deployment.cvmId];
  return runPhala(
    ["deploy", ...target, "--compose", deployment.compose, "-e", file, "--json"],
    sandbox,
    { bin: warmPhalaBin() },
  );
}

const created = z.object({ success: z.literal(true), app_id: z.string(), vm_uuid: z.string() });

/** The app_id that a successful `phala deploy` prints after its line of text. */
export function appIdOf(run: PhalaRun): string {
  const start = run.stdout.indexOf("{");
  if (start < 0) throw new Error(`phala printed no JSON: ${run.stdout}${run.stderr}`);
  return created.parse(JSON.parse(run.stdout.slice(start))).app_id.replace(/^app_/, "");
}
