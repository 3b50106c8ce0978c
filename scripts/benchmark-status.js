// How long `tee-cluster status --json` takes, and how much memory, in an account with many CVMs of others: a cluster of ours
// with a registry and 20 runners among 0 to 100,000 others, and one with 0 to 500 runners alone. The list of CVMs is served by this script, a page at a time and as the
// sandbox does; all else by the sandbox behind it. Run: npm run build && node scripts/benchmark-status.js [rounds]
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { asRecordOf, PROGRAM, run, startSandbox, verdict } from "./lib/benchmark.js";

const CLUSTER = "bird-tracker";
const RUNNERS = 20;
const SIZES = [0, 1_000, 10_000, 100_000];
const RUNNER_COUNTS = [0, 20, 100, 500];
const GOALS = { 10_000: { seconds: 1, megabytes: 120 }, 100_000: { seconds: 6, megabytes: 160 } };
const rounds = Number(process.argv[2] ?? 3);
const folder = mkdtempSync(path.join(tmpdir(), "benchmark-status-"));

const hex = (number, length) => number.toString(16).padStart(length, "0");

/** A CVM like another one, under a name and ids of its own. */
const copyOf = (cvm, name, number) => ({
  ...cvm,
  name,
  app_id: hex(number, 40),
  vm_uuid: hex(number, 32),
  id: hex(number, 8),
});

/** Serves the list, and hands all else to the sandbox. */
async function startFront(upstream, registry, runner) {
  const state = { others: 0, runners: RUNNERS, requests: 0 };
  const every = Array.from({ length: Math.max(...RUNNER_COUNTS) }, (_, index) =>
    copyOf(runner, `${CLUSTER}-runner-${hex(index, 8)}`, 1_000_000_000 + index),
  );
  const runners = () => every.slice(0, state.runners);
  /** Ours in the middle. */
  const itemAt = (index, own) => {
    const middle = Math.floor(state.others / 2);
    if (index >= middle && index < middle + own.length) return own[index - middle];
    const number = index < middle ? index : index - own.length;
    const cluster = `other-${Math.floor(number / 10)}`;
    const isRegistry = number % 10 === 0;
    const name = isRegistry ? `${cluster}-registry` : `${cluster}-runner-${hex(number, 8)}`;
    return copyOf(isRegistry ? registry : runner, name, number + 1);
  };
  const pageOf = (query) => {
    const [page, size] = [Number(query.get("page")), Number(query.get("page_size"))];
    const search = query.get("search");
    const own = [registry, ...runners()];
    const all = search === null ? undefined : own.filter(({ name }) => name.includes(search));
    const total = all?.length ?? state.others + own.length;
    const from = (page - 1) * size;
    const length = Math.max(0, Math.min(size, total - from));
    const items = Array.from(
      { length },
      (_, index) => all?.[from + index] ?? itemAt(from + index, own),
    );
    return { items, total, page, page_size: size, pages: Math.ceil(total / size) };
  };
  const byId = (id) => every.find((cvm) => [cvm.app_id, cvm.vm_uuid, cvm.name].includes(id));
  const serve = async (request, response) => {
    state.requests += 1;
    const url = new URL(request.url, "http://front");
    const send = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body);
    };
    if (url.pathname === "/api/v1/cvms/paginated")
      return send(200, JSON.stringify(pageOf(url.searchParams)));
    const [, id, below = ""] = /^\/api\/v1\/cvms\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const known = id === undefined ? undefined : byId(id);
    if (known && below === "") return send(200, JSON.stringify(known));
    // A runner's app-compose and operations are those of the one that it is a copy of.
    const where = known ? `/api/v1/cvms/${runner.vm_uuid}${below}` : url.pathname + url.search;
    const answer = await fetch(`${upstream.url}${where}`, {
      headers: { "x-api-key": upstream.key },
    });
    send(answer.status, Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { state, server, url: `http://127.0.0.1:${server.address().port}` };
}

/** Says at the end what the process took. */
const hook = path.join(folder, "usage.mjs");
const usageFile = path.join(folder, "usage.json");
writeFileSync(
  hook,
  `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(usageFile)}, JSON.stringify(process.resourceUsage())));
`,
);

function measureOnce(env, runners) {
  const started = performance.now();
  const child = spawn(process.execPath, ["--import", hook, PROGRAM, "status", "--json"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) =>
    child.once("close", () => {
      const seconds = (performance.now() - started) / 1000;
      const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(usageFile, "utf8"));
      const found = stdout.startsWith("{") ? (JSON.parse(stdout).cvms?.length ?? 0) : 0;
      if (found !== runners + 1) return reject(new Error(`${found} CVMs: ${stdout}${stderr}`));
      const cpu = (userCPUTime + systemCPUTime) / 1e6;
      resolve({ seconds, cpu, megabytes: maxRSS / 1024 });
    }),
  );
}

/** The best of all rounds in time, as a busy machine only adds to it; the worst in memory. */
async function measure(env, runners) {
  const all = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measureOnce(env, runners));
  return {
    seconds: Math.min(...all.map(({ seconds }) => seconds)),
    cpu: Math.min(...all.map(({ cpu }) => cpu)),
    megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
  };
}

const sandbox = await startSandbox(folder, CLUSTER);
try {
  run(["init", "--yes", "--quiet"], { env: sandbox.env, cwd: folder });
  const { PHALA_API_URL: url, PHALA_API_KEY: key } = sandbox.env;
  const answer = await fetch(`${url}/api/v1/cvms/paginated?page=1&page_size=100`, {
    headers: { "x-api-key": key },
  });
  const { items } = await answer.json();
  const registry = items.find(({ name }) => name === `${CLUSTER}-registry`);
  const front = await startFront({ url, key }, registry, registry);
  const { host } = new URL(front.url);
  asRecordOf(sandbox.stateDir, host.replace(":", "_"));
  const { TEE_CLUSTER_SANDBOX: _, ...rest } = sandbox.env;
  const env = { ...rest, PHALA_API_URL: front.url };
  const measured = new Map();
  /** Prints a line. */
  const measureWith = async (count, others, runners) => {
    Object.assign(front.state, { others, runners, requests: 0 });
    const figures = await measure(env, runners);
    const { seconds, cpu, megabytes } = figures;
    const cells = [
      count.toLocaleString("en").padStart(10),
      `${seconds.toFixed(2)} s`.padStart(9),
      `${cpu.toFixed(2)} s`.padStart(8),
      `${megabytes.toFixed(0)} MB`.padStart(11),
      String(front.state.requests / rounds).padStart(8),
    ];
    console.log(cells.join("   "));
    return figures;
  };
  console.log("other CVMs   wall time   CPU time   peak memory   requests");
  for (const others of SIZES) measured.set(others, await measureWith(others, others, RUNNERS));
  console.log("   runners   wall time   CPU time   peak memory   requests");
  for (const runners of RUNNER_COUNTS) await measureWith(runners, 0, runners);
  for (const [others, { seconds, megabytes }] of Object.entries(GOALS)) {
    const figures = measured.get(Number(others));
    const name = `${Number(others).toLocaleString("en")} CVMs`;
    verdict(`${name}, wall time`, figures.seconds, seconds, " s");
    verdict(`${name}, peak memory`, Math.round(figures.megabytes), megabytes, " MB");
  }
  front.server.close();
  front.server.closeAllConnections();
} finally {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
}
