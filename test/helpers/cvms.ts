/** CVMs made and removed straight through the sandbox's API: no child process, hardly any time. */
import type { Sandbox } from "../../src/sandbox/index.ts";

const COMPOSE =
  "services:\n  spawntee:\n    image: example/secure-spawn:1\n    ports: ['9010:8080']\n";

/** A running CVM of somebody else, or of an earlier time. @returns its app_id. */
export async function makeCvm(
  sandbox: Sandbox,
  name: string,
  compose: object = { docker_compose_file: COMPOSE },
): Promise<string> {
  const provisioned = await call(sandbox, "POST", "/cvms/provision", {
    name,
    compose_file: compose,
  });
  const { app_id: appId, compose_hash: composeHash } = provisioned as Record<string, string>;
  await call(sandbox, "POST", "/cvms", { app_id: appId, compose_hash: composeHash });
  return appId ?? "";
}

export async function dropCvm(sandbox: Sandbox, name: string): Promise<void> {
  await call(sandbox, "DELETE", `/cvms/${name}`);
}

async function call(
  sandbox: Sandbox,
  method: string,
  where: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await fetch(`${sandbox.apiUrl}/api/v1${where}`, {
    method,
    headers: { "x-api-key": sandbox.apiKey, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** `phala cvms replicate`: another CVM of one app_id and name. @returns its uuid. */
export async function replicateCvm(sandbox: Sandbox, name: string): Promise<string> {
  const replica = await call(sandbox, "POST", `/cvms/${name}/replicas`, {});
  return (replica as { readonly vm_uuid: string }).vm_uuid;
}
