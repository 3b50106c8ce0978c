import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { nodesFor } from "../../../src/cli/complete-nodes.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

test("the environment's API is not asked for the nodes of another one", async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    // Refused: nothing is tried again.
    response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { PHALA_API_URL: `http://${host}`, PHALA_API_KEY: "phak_0123456789" };
  const folder = await temporaryFolder();
  try {
    expect(await nodesFor(folder, "other.example", env)).toEqual([]);
    expect(asked).toBe(0);
    await nodesFor(folder, host, env, 120_000).catch(() => undefined);
    expect(asked).toBeGreaterThan(0);
  } finally {
    server.close();
  }
});
