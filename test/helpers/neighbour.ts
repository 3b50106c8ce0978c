/** Somebody else at work on the same cloud, straight through the sandbox's API: another machine, or the dashboard. */
import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "../../src/sandbox/index.ts";

const REGISTRY = "bird-tracker-registry";

/** Updates the registry; its environment, and what is not given, stays. */
export async function updateRegistry(
  { apiUrl, apiKey }: Pick<Sandbox, "apiUrl" | "apiKey">,
  fields: { readonly docker_compose_file?: string } = {},
): Promise<void> {
  const answer = await fetch(`${apiUrl}/api/v1/cvms/${REGISTRY}`, {
    method: "PATCH",
    headers: { "x-api-key": apiKey, "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  if (!answer.ok) throw new Error(`PATCH ${REGISTRY}: ${answer.status} ${await answer.text()}`);
}

/** Until the platform calls the registry's newest operation done. */
export async function untilUpdated({
  apiUrl,
  apiKey,
}: Pick<Sandbox, "apiUrl" | "apiKey">): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    const answer = await fetch(`${apiUrl}/api/v1/cvms/${REGISTRY}/operations`, {
      headers: { "x-api-key": apiKey },
    });
    const { items } = (await answer.json()) as { items: { completed_at: string | null }[] };
    if (items[0]?.completed_at != null) return;
    await delay(25);
  }
  throw new Error(`the update of ${REGISTRY} does not end`);
}
