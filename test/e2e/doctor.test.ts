/** `doctor` through the built program: everything in order, everything wrong at once, and what can't be looked at. */
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ALL_CHECKS } from "../../src/checks/all-checks.ts";
import type { DoctorResult } from "../../src/commands/doctor/result.ts";
import type { FailureResult } from "../../src/core/results.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  CANARIES,
  COMPOSE_FOLDER,
  makeWorld,
  mutationsOf,
  type Run,
  type World,
} from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

type Result = DoctorResult["checks"][number];

/** No phala on it: what the orchestrator would run is not what most of these tests are about. */
const PATH = (process.env["PATH"] ?? "")
  .split(path.delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(path.delimiter);

function resultsOf(run: Run): readonly Result[] {
  return (expectValid("doctor", run.stdout) as unknown as DoctorResult).checks;
}

/** The results of one check, or of one thing that a check finds. */
function of(results: readonly Result[], id: string): readonly Result[] {
  return results.filter((result) => result.id === id || result.finding === id);
}

const failed = (results: readonly Result[]): string[] => [
  ...new Set(
    results.filter(({ status }) => status === "failed").map(({ id, finding }) => finding ?? id),
  ),
];

/** The shipped runner file with a tag for a digest and debugging on. */
async function loseCompose(world: World): Promise<string> {
  const text = await readFile(path.join(COMPOSE_FOLDER, "docker-compose.phala.runner.yml"), "utf8");
  const file = path.join(world.folder, "runner.yml");
  const loose = text
    .replace(/@sha256:[0-9a-f]{64}/, ":0.8.43")
    .replace("LOG_LEVEL=INFO", "DEBUG_MODE=true");
  await writeFile(file, loose);
  return file;
}

test("a cluster that is in order: every check is there, notes are no failures, and nothing is changed", async () => {
  const world = await makePreparedWorld();
  const run = await world.run(["doctor", "--json"], { PATH });
  expect(run.exitCode).toBe(0);
  const results = resultsOf(run);
  expect([...new Set(results.map(({ id }) => id))]).toEqual(ALL_CHECKS.map(({ id }) => id));
  expect(failed(results)).toEqual(["orchestrator-schema-v1"]);
  expect(of(results, "privileged")).toMatchObject([
    { id: "compose-lint", severity: "note", status: "passed" },
    { id: "compose-lint", severity: "note", status: "passed" },
  ]);
  expect(of(results, "registry-name")[0]?.detail).toContain("exists and is ours");
  expect(of(results, "base-domain")[0]).toMatchObject({ status: "passed" });
  expect(of(results, "state")[0]?.detail).toMatch(/^1 run in /);
  expect(of(results, "aws-credentials")[0]?.detail).toContain("AKIA…LE00, long-lived");
  expect(mutationsOf(world.sandbox)).toEqual([]);
});

/** What makes an orchestrator that is started here deploy other runners than the approved ones. */
async function misleadPhala(world: World): Promise<Record<string, string>> {
  const home = path.join(world.folder, "home");
  const bin = path.join(world.folder, "bin");
  await mkdir(path.join(home, ".ssh"), { recursive: true });
  await mkdir(bin);
  await writeFile(path.join(home, ".ssh", "id_ecdsa.pub"), "ecdsa-sha2-nistp256 AAAA somebody\n");
  await writeFile(
    path.join(world.folder, "phala.toml"),
    'compose_file = "x.yml"\nname = "bird-registry"\n',
  );
  await writeFile(path.join(bin, "phala"), "#!/bin/sh\necho v9.0.0\n");
  await chmod(path.join(bin, "phala"), 0o755);
  return {
    HOME: home,
    PATH: `${bin}${path.delimiter}${PATH}`,
    PHALA_CLOUD_API_PREFIX: "https://elsewhere.example/api/v1",
    PHALA_CLOUD_API_KEY: "phak_canary_other_account",
    DSTACK_SOMETHING: "1",
    PHALA_DISABLE_UPDATE_CHECK: "1",
  };
}

test("many things wrong at once: each is told with its remedy, and what is ignored does not count", async () => {
  const world = await makePreparedWorld();
  const [host = ""] = await readdir(world.stateDir);
  await writeFile(
    path.join(world.stateDir, host, "bird-tracker", "journal.jsonl"),
    '{"v":1,"type":"?"}\n',
  );
  const env = await misleadPhala(world);
  const runnerCompose = await loseCompose(world);
  const wrong = [
    "--instance-type",
    "tdx.huge",
    "--node",
    "nowhere",
    "--runner-compose",
    runnerCompose,
  ];
  const ignored = ["--ignore", "node", "--ignore", "debug-mode"];
  const run = await world.run(["doctor", "--json", ...wrong, ...ignored], env);
  expect(run.exitCode).toBe(3);
  const results = resultsOf(run);
  expect(failed(results)).toEqual([
    "state",
    "image-not-pinned",
    "images-differ",
    "instance-type",
    "orchestrator-schema-v1",
    "orchestrator-phala",
    "ssh-key",
    "phala-toml",
    "phala-environment",
  ]);
  for (const id of ["node", "debug-mode"])
    expect(of(results, id)).toMatchObject([{ status: "ignored" }]);
  expect(of(results, "node")[0]?.detail).toContain('"nowhere"');
  expect(of(results, "image-not-pinned")).toMatchObject([
    { id: "compose-lint", severity: "warning" },
  ]);
  // Without the record nobody can say whose the registry is.
  expect(of(results, "registry-name")).toMatchObject([{ status: "skipped" }]);
  expect(of(results, "orchestrator-phala")[0]?.detail).toMatch(
    /bin\/phala 9\.0\.0, and 1\.1\.18 was checked/,
  );
  expect(of(results, "ssh-key")[0]?.detail).toContain("id_ecdsa.pub: runners");
  expect(of(results, "phala-toml")[0]?.detail).toContain('"bird-registry"');
  const variables = of(results, "phala-environment").map(({ detail }) => detail.split(" ")[0]);
  expect(variables).toEqual(["DSTACK_SOMETHING", "PHALA_CLOUD_API_KEY", "PHALA_CLOUD_API_PREFIX"]);
  expect(run.stdout + run.stderr).not.toContain("phak_canary");
  const { warnings } = JSON.parse(run.stdout) as DoctorResult;
  expect(new Set(warnings.map(({ code }) => code))).toEqual(
    new Set([
      "compose-lint",
      "orchestrator-schema-v1",
      "orchestrator-phala",
      "ssh-key",
      "phala-toml",
      "phala-environment",
    ]),
  );
});

test("--strict: a warning is a failure, unless it is ignored by the name of what was found", async () => {
  const world = await makeWorld();
  const args = ["doctor", "--json", "--strict", "--runner-compose", await loseCompose(world)];
  const strict = await world.run(args, { PATH });
  expect(strict.exitCode).toBe(3);
  const found = ["image-not-pinned", "debug-mode", "images-differ", "orchestrator-schema-v1"];
  expect(failed(resultsOf(strict))).toEqual(found);
  const ignore = found.flatMap((id) => ["--ignore", id]);
  const ignoring = await world.run([...args, ...ignore], { PATH });
  expect(ignoring.exitCode).toBe(0);
  expect(of(resultsOf(ignoring), "compose-lint").map(({ status }) => status)).toContain("ignored");
});

test("inputs that are missing or wrong are failures, and everything that needs none of them is looked at", async () => {
  const world = await makeWorld();
  const run = await world.run(["doctor", "--json", "--memory-per-model", "lots"], {
    PATH,
    TEE_CLUSTER_NAME: "",
    PHALA_API_KEY: "",
    AWS_ACCESS_KEY_ID: "ASIACANARY0EXAMPLE00",
    AWS_SECRET_ACCESS_KEY: "",
  });
  expect(run.exitCode).toBe(2);
  const results = resultsOf(run);
  expect(failed(results)).toEqual(["inputs", "aws-credentials", "orchestrator-schema-v1"]);
  expect(of(results, "inputs").map(({ detail }) => detail)).toEqual([
    expect.stringContaining(
      '--memory-per-model (TEE_CLUSTER_MEMORY_PER_MODEL_MB): invalid number: "lots"',
    ),
    "missing: --cluster-name (TEE_CLUSTER_NAME)",
    "missing: PHALA_API_KEY",
  ]);
  expect(of(results, "aws-credentials").map(({ detail }) => detail)).toEqual([
    expect.stringContaining("ASIA… is a temporary key"),
    "missing: AWS_SECRET_ACCESS_KEY",
  ]);
  const passed = results.filter(({ status }) => status === "passed").map(({ id }) => id);
  expect(passed).toEqual(
    expect.arrayContaining(["phala-cli", "registry-compose", "runner-compose"]),
  );
  expect(of(results, "registry-name")[0]?.detail).toBe(
    "needs PHALA_API_KEY, --cluster-name (TEE_CLUSTER_NAME)",
  );
});

test("a config file that can't be read, and a proxy in the way whose password stays hidden", async () => {
  const world = await makeWorld();
  await writeFile(path.join(world.folder, "tee-cluster.yml"), "cluster-nmae: bird\n");
  const run = await world.run(["doctor"], {
    PATH,
    TEE_CLUSTER_NAME: "",
    // Nobody answers there.
    HTTPS_PROXY: "http://somebody:canary-password@127.0.0.1:9",
    PHALA_API_URL: "https://cloud-api.example",
  });
  expect(run.exitCode).toBe(2);
  expect(run.stdout).toContain("config file tee-cluster.yml:1");
  expect(run.stdout).toContain("did you mean cluster-name?");
  const text = run.stdout.replaceAll(/\s+/g, " ");
  expect(text).toContain(
    "go through http://127.0.0.1:9 (with credentials), those to this machine do not",
  );
  expect(text).toContain("can be reached directly: export NO_PROXY=cloud-api.example");
  // What may stand in that file is not known, and not missing.
  expect(text).toContain("No other cluster's name collides needs the config file");
  expect(text).not.toContain("missing:");
  // It fails once, and not again in everything that asks the API.
  expect(text.match(/\[api-key\]/g)).toHaveLength(1);
  expect(text).toContain("Account has credit needs: Phala API key accepted");
  expect(`${run.stdout}${run.stderr}`).not.toContain("canary-password");
  // Only a word that is too long by itself, such as a URL, may stick out: it is never broken.
  const long = run.stdout.split("\n").filter((line) => line.length >= 120 && !/\S{60}/.test(line));
  expect(long).toEqual([]);
});

test("an API that can't be reached is told once, with its address and cause, by doctor and init", async () => {
  const world = await makeWorld();
  const env = { PHALA_API_URL: "http://127.0.0.1:1" };
  for (const command of ["doctor", "init"]) {
    const { exitCode, stdout, stderr } = await world.run([command, "--yes", "--json"], env);
    expect(exitCode, stdout).toBe(3);
    expect(stdout.match(/ECONNREFUSED/g), stdout).toHaveLength(1);
    // What can't be reached is not called a wrong key.
    expect(stdout).toMatch(/could not be checked: /);
    const seen = new Set(`${stdout}${stderr}`.match(/127\.0\.0\.1:\d+/g));
    expect([...seen].filter((address) => !world.sandbox.apiUrl.endsWith(address))).toEqual([
      "127.0.0.1:1",
    ]);
  }
});

test("an id that no check has is refused, with the nearest one", async () => {
  const world = await makeWorld();
  const run = await world.run(["doctor", "--json", "--ignore", "credti"]);
  expect(run.exitCode).toBe(2);
  const { error } = expectValid("failure", run.stdout) as unknown as FailureResult;
  expect(error).toMatchObject({ code: "unknown-check", hint: "did you mean --ignore credit?" });
  expect(error.message).toContain('"credti"');
  expect(JSON.stringify(run)).not.toContain(CANARIES.awsSecret);
});
