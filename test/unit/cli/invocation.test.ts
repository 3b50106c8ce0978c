import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { invocationOf } from "../../../src/cli/invocation.ts";
import { hint, onDashboard, phala, renderHint } from "../../../src/core/command-hint.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tee-cluster-invocation-"));
  writeFileSync(path.join(folder, "main.js"), "");
  symlinkSync(path.join(folder, "main.js"), path.join(folder, "tee-cluster"));
  chmodSync(path.join(folder, "main.js"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const programOf = (script: string, env: NodeJS.ProcessEnv): string =>
  invocationOf({}, ["node", script], env).program;

test("the program as it was invoked", () => {
  const installed = path.join(folder, "tee-cluster");
  expect(programOf(installed, { PATH: `/nowhere:${folder}` })).toBe("tee-cluster");
  expect(programOf(installed, { PATH: "/nowhere" })).toBe(installed);
  expect(programOf(installed, { PATH: folder, npm_command: "exec" })).toBe("npx tee-cluster");
  expect(programOf(installed, { npm_command: "run-script" })).toBe("npx tee-cluster");
  expect(programOf(path.join(folder, "main.js"), {})).toBe(`node ${path.join(folder, "main.js")}`);
  expect(programOf(path.resolve("bin/tee-cluster.js"), {})).toBe("node bin/tee-cluster.js");
  expect(programOf(path.resolve("a b/tee-cluster"), {})).toBe("'a b/tee-cluster'");
  expect(programOf(path.resolve("tee-cluster"), {})).toBe("./tee-cluster");
});

test("what says which cluster is meant goes with it, to commands that have the flag", () => {
  const options = {
    sandbox: true,
    config: "c.yml",
    clusterName: "bird-tracker",
    stateDir: "s",
    yes: true,
  };
  const { context, argv, accepts } = invocationOf(options, ["node", "x.js", "init", "--yes"], {});
  expect(argv).toEqual(["init", "--yes"]);
  expect(context).toEqual([
    { flag: "sandbox", value: undefined },
    { flag: "config", value: "c.yml" },
    { flag: "cluster-name", value: "bird-tracker" },
    { flag: "state-dir", value: "s" },
  ]);
  expect(invocationOf({ sandbox: false }, ["node", "x.js"], {}).context).toEqual([]);
  expect(accepts("rotate-hash", "cluster-name")).toBe(true);
  expect(accepts("config migrate", "cluster-name")).toBe(false);
  expect(accepts("nothing", "cluster-name")).toBe(false);
});

const lookWithPhala = (options: Record<string, unknown>, env: NodeJS.ProcessEnv): string => {
  const look = hint`look: ${phala("cvms", "get", "it's")}`;
  return renderHint(look, invocationOf(options, ["node", "tee-cluster"], env));
};
const LOOK = String.raw`phala cvms get 'it'\''s'`;

test("a phala command of a sandbox's run leads phala there, and never to the real cloud", () => {
  const PATH = folder;
  writeFileSync(path.join(folder, "phala"), "");
  expect(lookWithPhala({}, { PATH })).toBe(`look: ${LOOK}`);
  expect(lookWithPhala({}, { PATH, npm_command: "exec" })).toBe(`look: npx ${LOOK}`);
  const inSandbox = `look: eval "$(tee-cluster sandbox start --state-dir s)" && ${LOOK}`;
  const env = { PATH, PHALA_API_KEY: "phak_real_key", PHALA_API_URL: "https://other.example" };
  expect(lookWithPhala({ sandbox: true, stateDir: "s" }, env)).toBe(inSandbox);
  expect(lookWithPhala({ stateDir: "s" }, { PATH, TEE_CLUSTER_SANDBOX: "1" })).toBe(inSandbox);
  expect(lookWithPhala({}, { PATH, TEE_CLUSTER_SANDBOX: "0" })).toBe(`look: ${LOOK}`);
});

test("a phala command has the key's variable, the API and the program of the run", () => {
  const PATH = folder;
  const withKey = 'PHALA_CLOUD_API_KEY="$PHALA_API_KEY" ';
  const env = { PATH, PHALA_API_KEY: "phak_real_key", PHALA_API_URL: "http://127.0.0.1:1/" };
  const there = "PHALA_CLOUD_API_PREFIX=http://127.0.0.1:1/api/v1 ";
  writeFileSync(path.join(folder, "phala"), "");
  expect(lookWithPhala({}, env)).toBe(`look: ${withKey}${there}${LOOK}`);
  // By its own variable, and at its own API, phala finds its way.
  expect(lookWithPhala({}, { PATH, PHALA_CLOUD_API_KEY: "phak_real_key" })).toBe(`look: ${LOOK}`);
  const phalas = { phalaApiUrl: "https://cloud-api.phala.network" };
  expect(lookWithPhala(phalas, env)).toBe(`look: ${withKey}${LOOK}`);
  expect(lookWithPhala({ phalaBin: "my tools/phala" }, { PATH })).toBe(
    `look: 'my tools/phala' ${LOOK.slice("phala ".length)}`,
  );
  // Where no phala is on PATH: the one that was installed with this package.
  expect(lookWithPhala({}, { PATH: "/nowhere" })).toBe(
    `look: ${path.resolve("node_modules/.bin")}/${LOOK}`,
  );
});

const seeOnDashboard = (options: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): string =>
  renderHint(hint`look${onDashboard("cvms/1")}`, invocationOf(options, ["node", "x.js"], env));

test("a page of Phala's dashboard is named only where Phala's own cloud is meant", () => {
  const page = "look\nhttps://cloud.phala.com/dashboard/cvms/1";
  const [phalas, other] = ["https://cloud-api.phala.com", "http://127.0.0.1:1"];
  expect(seeOnDashboard({})).toBe(page);
  expect(seeOnDashboard({}, { PHALA_API_URL: phalas })).toBe(page);
  expect(seeOnDashboard({ phalaApiUrl: phalas }, { PHALA_API_URL: other })).toBe(page);
  expect(seeOnDashboard({ sandbox: true })).toBe("look");
  expect(seeOnDashboard({}, { TEE_CLUSTER_SANDBOX: "1" })).toBe("look");
  expect(seeOnDashboard({}, { PHALA_API_URL: other })).toBe("look");
  expect(seeOnDashboard({}, { PHALA_API_URL: "nonsense" })).toBe("look");
});
