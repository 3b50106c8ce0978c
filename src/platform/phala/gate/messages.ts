/** The gate's HTTP messages: reads the CLI's requests, bounded, and writes answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GateRequest, Result } from "./exchange.ts";

/** Enough for 200 KB of compose file, escaped, and as much of an encrypted environment in hex. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** No dots that could leave the API's prefix. */
const SAFE_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))(?:[\w.~:@+,=-]|%(?!2e|2f|5c)[\da-f]{2})+)+$/i;

/** Undefined if it is not below `root`, too large or incomplete. */
export async function readRequest(
  message: IncomingMessage,
  root: string,
): Promise<GateRequest | undefined> {
  const url = message.url ?? "";
  const [where = "", query] = url.split(/\?(.*)/s);
  const path = where.slice(root.length);
  if (!where.startsWith(`${root}/`) || !SAFE_PATH.test(path)) return undefined;
  const body = await readBody(message);
  if (body === undefined) return undefined;
  const headers = Object.entries(message.headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    method: message.method ?? "GET",
    path,
    query: query === undefined ? "" : `?${query}`,
    headers: Object.fromEntries(headers),
    body,
  };
}

async function readBody(message: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_REQUEST_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The CLI must not start its on-chain procedure (465 to 468), nor follow a redirect. */
const isForTheCli = (status: number): boolean =>
  (status < 300 || status >= 400) && !(status >= 465 && status <= 468);

/** Sends the API's answer, or why there is none. */
export function sendAnswer(response: ServerResponse, result: Result): void {
  if (response.destroyed) return;
  if (result.kind !== "answered") {
    sendProblem(response, result.kind === "failed" ? 502 : 403, `tee-cluster: ${result.message}`);
  } else if (isForTheCli(result.status)) {
    response.writeHead(result.status, { "content-type": result.contentType });
    response.end(result.text);
  } else {
    sendProblem(response, 400, result.error?.message ?? `HTTP ${result.status}`);
  }
}

export function sendProblem(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ message }));
}
