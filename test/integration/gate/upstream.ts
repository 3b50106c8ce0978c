/** A small API of the test's own: what it answers is up to the test, and what reached it is kept. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
};

export const APP = "0123456789abcdef0123456789abcdef01234567";
export const HASH = "c".repeat(64);
export const UUID = "0123456789abcdef0123456789abcdef"
  .replace(/^(.{12})./, "$14")
  .replace(/^(.{16})./, "$18");
export const ENV_KEY = "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f";
export const KEY = "phak_the_real_key_of_the_operator";

/** An answer, or what is done instead of one. */
type Reply =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Record<string, string> }
  | ((response: ServerResponse) => void | Promise<void>);

export const PROVISIONED = {
  status: 200,
  json: { app_id: APP, compose_hash: HASH, app_env_encrypt_pubkey: ENV_KEY },
};

/** As `@phala/cloud` 0.2.9 reads the answer to `POST /cvms`. */
export const created = (name: string): { status: number; json: unknown } => ({
  status: 200,
  json: {
    id: 1,
    name,
    status: "creating",
    teepod_id: 1,
    teepod: null,
    user_id: 1,
    app_id: `app_${APP}`,
    vm_uuid: UUID,
    instance_id: null,
    base_image: null,
    vcpu: 1,
    memory: 2048,
    disk_size: 20,
    docker_compose_file: null,
    created_at: "2026-01-01T00:00:00Z",
  },
});

export type Upstream = {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly received: Received[];
};

/** `replies`: `METHOD /path` below `/api/v1` -> answer; anything else is 404. */
export async function startUpstream(replies: Readonly<Record<string, Reply>>): Promise<Upstream> {
  const received: Received[] = [];
  const server = createServer((message, response) => {
    void handle(message, response);
  });
  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = (message.url ?? "").replace(/^\/api\/v1/, "");
    const method = message.method ?? "";
    received.push({
      method,
      path,
      headers: message.headers,
      body: text === "" ? undefined : JSON.parse(text),
    });
    const reply = replies[`${method} ${path}`] ?? { status: 404, json: { detail: "Not Found" } };
    if (typeof reply === "function") return reply(response);
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(reply.json === undefined ? undefined : JSON.stringify(reply.json));
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return { apiUrl: `http://127.0.0.1:${address.port}`, apiKey: KEY, received };
}

export const linesOf = (received: readonly Received[]): string[] =>
  received.map(({ method, path }) => `${method} ${path}`);
