// How long init and rotate-hash take against the documented procedure (the same commands of the real phala by hand, with
// polls of 1 s), in turns, against one stand-in with boots of 3 s. Prints ratios.
// Run: npm run build && node scripts/benchmark-procedure.js [rounds]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { composeFile, median, PHALA, run, startSandbox, verdict } from "./lib/benchmark.js";

const rounds = Number(process.argv[2] ?? 2);
const GOALS = { init: 0.9, "init provision": 0.78, rotate: 0.9, "rotate provision": 0.65 };
const POLL_MS = 1000;

async function until(look) {
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    await delay(POLL_MS);
  }
}

/** The steps of the document, as a script would do them. */
function byHand(env, folder) {
  const phalaEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    PHALA_CLOUD_API_KEY: env.PHALA_API_KEY,
    PHALA_CLOUD_API_PREFIX: `${env.PHALA_API_URL}/api/v1`,
  };
  const phala = async (...args) => {
    const child = spawn(PHALA, args, {
      cwd: folder,
      env: phalaEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (out += chunk));
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`phala ${args.join(" ")}: ${out}`);
    return out.includes("{") ? JSON.parse(out.slice(out.indexOf("{"))) : out;
  };
  const api = async (id) => {
    const headers = { "X-API-Key": env.PHALA_API_KEY };
    return (await fetch(`${env.PHALA_API_URL}/api/v1/cvms/${id}`, { headers })).json();
  };
  const urlOf = ({ app_id: id, gateway }) =>
    env.TEE_CLUSTER_GATEWAY_URL.replace("{app_id}", id)
      .replace("{port}", "9010")
      .replace("{base_domain}", gateway.base_domain);
  const healthy = (id) =>
    until(async () => {
      const url = urlOf(await api(id));
      const health = await (await fetch(`${url}/health`)).json();
      return health.status === "healthy" ? url : undefined;
    });
  const secrets = [
    ["-e", `AWS_ACCESS_KEY_ID=${env.AWS_ACCESS_KEY_ID}`],
    ["-e", `AWS_SECRET_ACCESS_KEY=${env.AWS_SECRET_ACCESS_KEY}`],
    ["-e", "AWS_REGION=eu-west-1"],
  ].flat();
  const create = (name, role, ...more) =>
    phala(
      "deploy",
      "--name",
      name,
      "--instance-type",
      "tdx.medium",
      "--compose",
      composeFile(role),
      ...more,
      "--json",
      "--wait",
    );

  async function hashOf(name, url, role = "runner") {
    const runner = await create(name, role, "-e", `REGISTRY_URL=${url}`);
    const hash = await until(async () => (await api(runner.app_id)).compose_hash);
    await phala("cvms", "delete", runner.app_id, "--force");
    return hash;
  }

  async function approve(uuid, hashes) {
    const args = ["deploy", "--uuid", uuid, "--compose", composeFile("registry"), ...secrets];
    await phala(...args, "-e", `APPROVED_COMPOSE_HASH=${hashes.join(",")}`, "--json", "--wait");
    await delay(POLL_MS);
    return healthy(uuid);
  }

  return {
    async init(cluster) {
      await phala("--version");
      await phala("status");
      const registry = await create(`${cluster}-registry`, "registry", ...secrets);
      const url = await healthy(registry.app_id);
      const hash = await hashOf(`${cluster}-runner-temp`, url);
      await approve(registry.vm_uuid, [hash]);
      return { uuid: registry.vm_uuid, url, hash };
    },
    async rotate(cluster, { uuid, url, hash }) {
      await phala("--version");
      await phala("status");
      const next = await hashOf(`${cluster}-runner-temp`, url);
      await approve(uuid, [hash, next]);
    },
  };
}

/** One command of ours. @returns its wall time in ms. */
function ours(args, env, folder, cluster, change = {}) {
  const more = {
    TEE_CLUSTER_NAME: cluster,
    TEE_CLUSTER_ORCHESTRATOR_CONFIG: path.join(folder, `${cluster}.yml`),
    TEE_CLUSTER_POLL_INTERVAL: `${POLL_MS}ms`,
  };
  return run([...args, "--yes", "--json"], { cwd: folder, env: { ...env, ...more, ...change } }).ms;
}

async function timed(work) {
  const started = performance.now();
  const value = await work();
  return { ms: performance.now() - started, value };
}

async function round(number) {
  const folder = mkdtempSync(path.join(tmpdir(), "benchmark-procedure-"));
  const times = { boot: "3s", update: "3s" };
  const { env, stop } = await startSandbox(folder, "benchmark", times);
  try {
    const hand = byHand(env, folder);
    const init = await timed(() => hand.init(`hand-${number}`));
    const rotate = await timed(() => hand.rotate(`hand-${number}`, init.value));
    const runner = path.join(folder, "runner.yml");
    const changed = (text) => {
      writeFileSync(runner, `${readFileSync(composeFile("runner"), "utf8")}# ${text}\n`);
      return { TEE_CLUSTER_RUNNER_COMPOSE: runner };
    };
    const provision = ["--hash-from", "provision"];
    const own = {
      init: ours(["init"], env, folder, `own-${number}`),
      "init provision": ours(["init", ...provision], env, folder, `pro-${number}`),
      rotate: ours(
        ["rotate-hash", "--approve-via", "restart"],
        env,
        folder,
        `own-${number}`,
        changed("a"),
      ),
      "rotate provision": ours(
        ["rotate-hash", "--approve-via", "restart", ...provision],
        env,
        folder,
        `pro-${number}`,
        changed("b"),
      ),
    };
    return { init: init.ms, rotate: rotate.ms, times: own };
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = [];
for (let number = 1; number <= rounds; number += 1) results.push(await round(number));
const seconds = (values) => (median(values) / 1000).toFixed(1);
for (const name of ["init", "rotate"])
  console.log(`${name} by hand`.padEnd(20), `${seconds(results.map((r) => r[name]))} s`);
for (const name of Object.keys(GOALS))
  console.log(name.padEnd(20), `${seconds(results.map((r) => r.times[name]))} s`);
for (const [name, goal] of Object.entries(GOALS)) {
  const ratio = median(results.map((r) => r.times[name] / r[name.split(" ")[0]]));
  verdict(`${name}, times the procedure by hand`, ratio, goal);
}
