/** What the guest agent of a CVM shows: the log of a container, and the serial console's. */
import { runningServices } from "./interpreter.ts";
import type { Life } from "./lifecycle.ts";
import type { CvmState, Generation } from "./model.ts";
import type { ServiceReply } from "./spawntee.ts";

export const LOG_PORT = 8090;

/** `GET /logs/{container}`, where the app-compose makes its logs public. Undefined: there is none. */
export function answerLog(
  cvm: CvmState,
  life: Life & { readonly serving: Generation },
  path: string,
): ServiceReply | undefined {
  const name = /^\/logs\/([^/]+)$/.exec(path)?.[1];
  const isPublic = life.serving.appCompose["public_logs"] === true;
  const text = name && isPublic ? logOf(cvm, life, name) : undefined;
  if (text === undefined) return undefined;
  return {
    status: 200,
    json: undefined,
    text,
    headers: { "content-type": "text/plain; charset=utf-8" },
  };
}

/** Lines of text; undefined where there is no such container. Never a value of the environment. */
function logOf(
  cvm: CvmState,
  life: Life & { readonly serving: Generation },
  name: string,
): string | undefined {
  const at = (ms: number): string => new Date(life.bootedAt + ms).toISOString();
  if (name === "serial") {
    return `${at(0)} dstack-0.5.4 booting\n${at(1)} compose hash ${life.serving.composeHash}\n${at(2)} containers started\n`;
  }
  const service = runningServices(cvm, life.serving).find((candidate) => candidate.name === name);
  if (!service) return undefined;
  const mode = service.environment.get("MODE");
  const lines = [
    `${at(0)} container ${name} started (sandbox: no image is run)`,
    `${at(1)} environment: ${[...service.environment.keys()].join(", ")}`,
    ...(mode ? [`${at(2)} mode ${mode}`] : []),
    `${at(3)} listening on ${[...service.publishedPorts].join(", ")}`,
  ];
  return `${lines.join("\n")}\n`;
}
