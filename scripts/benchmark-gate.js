// What the gate costs per run of `phala`: `phala status` asked directly and through a gate, in turns, against the
// same small API on loopback; medians and their difference. Then the gate alone: opened, one request, closed.
// Run: node scripts/benchmark-gate.js [rounds]
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { verdict } from "./lib/benchmark.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(process.argv[2] ?? 15);
const MAX_MS = 20;
const phala = path.join(root, "node_modules", "phala", "dist", "index.js");
const folder = mkdtempSync(path.join(tmpdir(), "benchmark-gate-"));

/** The CLI checks the whole answer. */
const SECOND_FACTOR = { totp_enabled: false, has_backup_codes: false, flag_has_password: true };
const me = JSON.stringify({
  user: {
    username: "someone",
    email: "",
    role: "user",
    avatar: "",
    email_verified: true,
    ...SECOND_FACTOR,
  },
  workspace: { id: "w", name: "w", slug: null, tier: "free", role: "owner", avatar: null },
  credits: { balance: "1", granted_balance: "0", is_post_paid: false, outstanding_amount: null },
});
const api = createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  response.end(me);
});
await new Promise((resolve) => api.listen(0, "127.0.0.1", resolve));
const apiUrl = `http://127.0.0.1:${api.address().port}`;

await build({
  stdin: {
    contents: `
      export { openGate } from "./src/platform/phala/gate/gate.ts";
      export { createHttpClient } from "./src/platform/net/http.ts";
      export { systemClock } from "./src/platform/clock.ts";`,
    resolveDir: root,
    loader: "ts",
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: path.join(folder, "gate.mjs"),
});
const { openGate, createHttpClient, systemClock } = await import(path.join(folder, "gate.mjs"));
const http = createHttpClient({});
const open = () =>
  openGate({
    apiUrl,
    apiKey: "phak_real",
    http,
    clock: systemClock,
    operation: { kind: "read" },
    onDetail: () => undefined,
    signal: new AbortController().signal,
  });

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function status(prefix, key) {
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: folder,
    PHALA_CLOUD_API_KEY: key,
    PHALA_CLOUD_API_PREFIX: prefix,
  };
  const child = spawn(process.execPath, [phala, "status", "--json"], {
    cwd: folder,
    env: { ...env, PHALA_DISABLE_UPDATE_CHECK: "1" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve, reject) =>
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`phala: exit code ${code}`)),
    ),
  );
}

const direct = [];
const gated = [];
const alone = [];
for (let round = 0; round < rounds; round += 1) {
  direct.push(await timed(() => status(`${apiUrl}/api/v1`, "phak_real")));
  gated.push(
    await timed(async () => {
      const gate = await open();
      await status(gate.prefix, gate.key);
      await gate.settle();
    }),
  );
  alone.push(
    await timed(async () => {
      const gate = await open();
      await fetch(`${gate.prefix}/auth/me`, { headers: { "x-api-key": gate.key } }).then((it) =>
        it.text(),
      );
      await gate.settle();
    }),
  );
}
// The time of a process differs by more than the gate from run to run: the pairs' differences say more.
const differences = gated.map((ms, index) => ms - direct[index]);
console.log(`phala status, direct    ${median(direct).toFixed(1)} ms`);
console.log(`phala status, gated     ${median(gated).toFixed(1)} ms`);
console.log(`difference (of pairs)   ${median(differences).toFixed(1)} ms`);
// Alone it is judged by the fastest round, the one that the rest of the machine disturbed least.
console.log(
  `the gate alone          ${Math.min(...alone).toFixed(1)} ms at best, median ${median(alone).toFixed(1)} ms (open, one request, close)`,
);
api.close();
api.closeAllConnections();
await http.close();
rmSync(folder, { recursive: true });
verdict("the gate alone, at best", Math.min(...alone), MAX_MS, " ms");
