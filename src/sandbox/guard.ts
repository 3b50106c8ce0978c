/**
 * Who may talk to the sandbox: programs of this machine that know its address. A page in a browser does not, also
 * where its own name is made to resolve to 127.0.0.1 (DNS rebinding): then `Host` is that name.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Undefined: welcome; else why not. */
export function refusedFor(
  message: IncomingMessage,
  of: { port: number; hostNames: readonly string[] },
): string | undefined {
  const own = new Set(
    ["127.0.0.1", "localhost", ...of.hostNames].map((host) => `${host}:${of.port}`),
  );
  const host = message.headers.host?.toLowerCase() ?? "";
  if (!own.has(host)) return "this server is not known under that host name";
  const { origin } = message.headers;
  if (origin !== undefined && !own.has(origin.replace(/^http:\/\//, "")))
    return "not for other web sites";
  return undefined;
}

/** In a time that tells nothing of the key. */
export function hasKey(message: IncomingMessage, apiKey: string): boolean {
  const given = Buffer.from(String(message.headers["x-api-key"] ?? ""));
  const own = Buffer.from(apiKey);
  return given.length === own.length && timingSafeEqual(given, own);
}
