// How long `tee-cluster status --json` takes, and how much memory, in an account with many other clusters' CVMs:
// one cluster of ours with a registry and 20 runners, among 1,000 and 10,000 others. The built program against the
// sandbox, which serves 100 CVMs a page as the platform does. Fails above 2 s or 150 MB.
// Run: npm run build && node scripts/benchmark-status.js [rounds]
import { spawn, spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PROGRAM = path.join(ROOT, "bin", "tee-cluster.js");
const CLUSTER = "bird-tracker";
const RUNNERS = 20;
const SIZES = [0, 1_000, 10_000];
const MOST_SECONDS = 2;
const MOST_MEGABYTES = 150;
const rounds = Number(process.argv[2] ?? 5);

const folder = mkdtempSync(path.join(tmpdir(), "tee-cluster-benchmark-"));
const cloudFile = path.join(folder, "state", "sandbox-cloud", "cloud.json");
const compose = (role) =>
  path.join(ROOT, "fixtures", "compose", `docker-compose.phala.${role}.yml`);

const environment = {
  PATH: process.env.PATH,
  HOME: folder,
  CI: "true",
  TEE_CLUSTER_NAME: CLUSTER,
  TEE_CLUSTER_STATE_DIR: path.join(folder, "state"),
  TEE_CLUSTER_REGISTRY_COMPOSE: compose("registry"),
  TEE_CLUSTER_RUNNER_COMPOSE: compose("runner"),
  PHALA_BIN: path.join(ROOT, "node_modules", ".bin", "phala"),
};

/** Starts `tee-cluster sandbox`; its variables are what it prints. */
async function startSandbox() {
  const child = spawn(process.execPath, [PROGRAM, "sandbox"], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8");
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes("AWS_SECRET_ACCESS_KEY")) break;
  }
  const variables = [...text.matchAll(/export (\w+)='([^']*)'/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGINT");
    });
  return { env: { ...environment, ...Object.fromEntries(variables) }, stop };
}

function run(args, env, nodeOptions = []) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeOptions, PROGRAM, ...args],
    {
      env,
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    },
  );
  if (status !== 0)
    throw new Error(`tee-cluster ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** The same CVM under another name and other ids; what it runs, and its keys, stay. */
function copyOf(cvm, id, name) {
  const operations = cvm.operations.map((operation) => ({
    ...operation,
    correlationId: randomUUID(),
  }));
  const ids = {
    id,
    appId: randomBytes(20).toString("hex"),
    vmUuid: randomUUID().replaceAll("-", ""),
  };
  return { ...cvm, ...ids, name, operations, deletedAt: null };
}

const ratio = (a, b) => (a / b).toFixed(1);
const hex = (number) => number.toString(16).padStart(8, "0");

/** Other clusters of ten CVMs each, before and behind ours in the list. */
function cloudWith(cloud, others) {
  const [registry, temporary] = ["registry", "runner-temp"].map((what) =>
    cloud.cvms.find((cvm) => cvm.name === `${CLUSTER}-${what}`),
  );
  let id = cloud.nextId;
  const unrecorded = Array.from({ length: others }, (_, index) => {
    const cluster = `other-${Math.floor(index / 10)}`;
    const isRegistry = index % 10 === 0;
    const name = isRegistry ? `${cluster}-registry` : `${cluster}-runner-${hex(index)}`;
    return copyOf(isRegistry ? registry : temporary, id++, name);
  });
  const runners = Array.from({ length: RUNNERS }, (_, index) =>
    copyOf(temporary, id++, `${CLUSTER}-runner-${hex(index)}`),
  );
  const middle = Math.floor(others / 2);
  const cvms = [registry, ...unrecorded.slice(0, middle), ...runners, ...unrecorded.slice(middle)];
  return { ...cloud, nextId: id, cvms };
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

/** The best of all rounds in time, as a busy machine only adds to it; the worst in memory. */
function measure(env) {
  const seconds = [];
  const cpu = [];
  const megabytes = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const answer = JSON.parse(run(["status", "--json"], env, ["--import", hook]));
    seconds.push((performance.now() - started) / 1000);
    const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(usageFile, "utf8"));
    cpu.push((userCPUTime + systemCPUTime) / 1e6);
    megabytes.push(maxRSS / 1024);
    const approved = answer.cvms.filter((cvm) => cvm.approved === true).length;
    if (approved !== RUNNERS) throw new Error(`${approved} of ${RUNNERS} runners approved`);
  }
  return {
    seconds: Math.min(...seconds),
    cpu: Math.min(...cpu),
    megabytes: Math.max(...megabytes),
  };
}

try {
  const first = await startSandbox();
  run(["init", "--yes", "--quiet"], first.env);
  await first.stop();
  const cloud = JSON.parse(readFileSync(cloudFile, "utf8"));

  const measured = [];
  console.log("other CVMs   wall time   CPU time   peak memory");
  for (const others of SIZES) {
    writeFileSync(cloudFile, JSON.stringify(cloudWith(cloud, others)));
    const sandbox = await startSandbox();
    try {
      const { seconds, cpu, megabytes } = measure(sandbox.env);
      measured.push({ seconds, cpu, megabytes });
      const cells = [
        others.toLocaleString("en").padStart(10),
        `${seconds.toFixed(2)} s`.padStart(9),
        `${cpu.toFixed(2)} s`.padStart(8),
        `${megabytes.toFixed(0)} MB`.padStart(11),
      ];
      console.log(cells.join("   "));
    } finally {
      await sandbox.stop();
    }
  }

  const [, small, large] = measured;
  // At most 10 is no worse than linear. A busy machine makes the clock on the wall say anything.
  const more = (1000 * (large.cpu - small.cpu)) / 9;
  console.log(
    `10,000 : 1,000 CVMs = ${ratio(large.seconds, small.seconds)} in wall time, ${ratio(large.cpu, small.cpu)} in CPU time; ` +
      `${more.toFixed(0)} ms of CPU time for each 1,000 more`,
  );
  const over = measured.filter(
    ({ seconds, megabytes }) => seconds > MOST_SECONDS || megabytes > MOST_MEGABYTES,
  );
  if (over.length > 0) {
    console.error(`more than ${MOST_SECONDS} s or ${MOST_MEGABYTES} MB`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
