/** The wizard as a person meets it: the built program in a pseudo-terminal, keys in, screens out. */
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import {
  CANARIES,
  cloudOf,
  COMPOSE_FOLDER,
  makeWorld,
  mutationsOf,
  withCompose,
  type World,
} from "../helpers/program.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import {
  expectGivenBack,
  KEYS,
  startInTerminal,
  type TerminalSession,
} from "../helpers/terminal.ts";

const NOTHING_GIVEN = {
  TEE_CLUSTER_NAME: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
};
const { enter, down, interrupt, eraseLine } = KEYS;

/** What changes from run to run, replaced: times, ids, ports, folders. */
function stable(screen: string): string {
  return screen
    .replaceAll(COMPOSE_FOLDER, "COMPOSE")
    .replaceAll(/\S+\/tee-cluster-e2e-\w+\/here/g, "FOLDER")
    .replaceAll(/\d+(\.\d+)?s\b/g, "Ns")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "HASH")
    .replaceAll(/\b[0-9a-f]{40}\b/g, "APP_ID")
    .replaceAll(/\b\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?\b/g, "DATE")
    .replaceAll(/ +Ns$/gm, "  Ns")
    .replaceAll(/127\.0\.0\.1:\d+/g, "HOST");
}

/** The screen from the last line that begins so. */
const from = (screen: string, start: string): string =>
  stable(screen.slice(screen.lastIndexOf(start)));

async function acceptDefaults(session: TerminalSession): Promise<void> {
  for (const prompt of ["? AWS region", "? Instance type", "? Node", "? Memory per model"])
    await session.answer(prompt, enter);
  await answerSchema(session);
}

const answerSchema = (session: TerminalSession): Promise<string> =>
  session.answer("? Orchestrator schema", "the dev", enter);

async function isClean(world: World, session: TerminalSession): Promise<void> {
  expect(session.cursorVisible()).toBe(true);
  expect(session.bytes()).not.toContain(CANARIES.awsSecret);
  expect(session.bytes()).not.toContain(CANARIES.apiKey);
  expect((await cloudOf(world.sandbox)).live).not.toContain("bird-tracker-runner-temp");
}

test("everything asked, one answer wrong, one changed; what was checked is deployed, not a file that changed since", async () => {
  const world = await makeWorld();
  const files = {
    ...(await withCompose(world, "registry", (text) => `${text}# checked\n`)),
    ...(await withCompose(world, "runner", (text) => `${text}# checked\n`)),
  };
  const session = startInTerminal(world, ["init"], { ...NOTHING_GIVEN, ...files });
  await session.answer("? Cluster name (", "Bird Tracker", enter);
  await session.answer(/> .*Bird Tracker/, eraseLine, "bird-tracker", enter);
  await session.answer("? AWS access key ID", "AKIACANARY0EXAMPLE00", enter);
  await session.answer("? AWS secret access key", CANARIES.awsSecret, "\u0014");
  const secret = await session.see("[input is masked]");
  expect(from(secret, "? AWS secret")).toBe(
    "? AWS secret access key (the secret part of the AWS key; not shown) [input is masked]",
  );
  session.type(enter);
  await session.answer("? AWS region", eraseLine, "eu-central-1", enter);
  expect(from(await session.see("? Instance type"), "? Instance type")).toMatchSnapshot(
    "instance types",
  );
  session.type(enter);
  expect(from(await session.see("? Node"), "? Node")).toMatchSnapshot("nodes");
  session.type(down, enter);
  await session.answer("? Memory per model (", eraseLine, "5000", enter);
  await session.answer("5000 MB is more than a tdx.medium has (4096 MB)", eraseLine, "1024", enter);
  expect(from(await session.see("? Orchestrator schema"), "? Orchestrator")).toMatchSnapshot(
    "orchestrators",
  );
  session.type("the dev", enter);
  expect(from(await session.see("? What now?"), "Summary")).toMatchSnapshot("summary");
  session.type(down, enter);
  await session.answer("? Which answer?", "memory", enter);
  await session.answer("? Memory per model (", eraseLine, "2048", enter);
  const changed = await session.see("4096 MB at 2048 MB per model: 2 models, a new runner at 1");
  expect(changed).toMatch(/Memory per model +2048 MB/);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  await session.see(/2048 MB per model[^]*\? What now\?/);
  for (const role of ["registry", "runner"] as const)
    await withCompose(world, role, (text) => `${text}# changed\n`);
  session.type(enter);
  expect(await session.exit).toBe(0);
  const [result = "", next] = from(session.screen(), "✔ What now? Deploy").split("\nNext:\n");
  expect(result.replace(/(to end that:)[^]*/, "$1 COMMAND")).toMatchSnapshot("result");
  expect(next).toMatch(/^ {2}model-orchestrator start --configuration-file orchestrator\.yml/);
  await isClean(world, session);
  const { cvms, live, environment } = await cloudOf(world.sandbox);
  expect(live).toEqual(["bird-tracker-registry"]);
  expect(cvms).toHaveLength(2);
  for (const text of cvms.map((cvm) => JSON.stringify(cvm))) {
    expect(text).toContain("# checked");
    expect(text).not.toContain("# changed");
  }
  expect(environment).toMatchObject({
    AWS_ACCESS_KEY_ID: "AKIACANARY0EXAMPLE00",
    AWS_SECRET_ACCESS_KEY: CANARIES.awsSecret,
    AWS_REGION: "eu-central-1",
    CVM_BASE_DOMAIN: "dstack-pha-prod10.phala.network",
  });
  expect(await readFile(path.join(world.folder, "orchestrator.yml"), "utf8")).toContain("2048");
});

test("an API key that is missing or refused is asked for first and not shown; Ctrl-C then: nothing is made", async () => {
  const world = await makeWorld();
  const given = { PHALA_API_KEY: undefined };
  const session = startInTerminal(world, ["init"], given, { thenStty: true });
  const first = await session.answer("? Phala Cloud API key", enter);
  expect(first).not.toContain("Verify prerequisites");
  await session.answer("is required", "phak_mistyped_key", enter);
  await session.answer("refused the key", CANARIES.apiKey, enter);
  await acceptDefaults(session);
  const summary = await session.answer("? What now?", interrupt);
  expect(summary).toMatch(/Phala API key +typed in/);
  expect(summary).toMatch(/AWS secret access key +set from AWS_SECRET_ACCESS_KEY/);
  expect(await session.exit).toBe(130);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  expect(session.screen()).toContain("Error: cancelled: nothing was created");
  expect(session.screen()).not.toContain("interrupted");
  expect(session.bytes()).not.toContain("phak_mistyped_key");
  expectGivenBack(session);
  // Not even a folder.
  expect(await readdir(path.dirname(world.stateDir))).not.toContain("state");
  await isClean(world, session);
});

test("a registry of another machine: said, another name, then taken over by choice and brought up to date", async () => {
  const world = await makePreparedWorld();
  const stateDir = `${world.stateDir}-elsewhere`;
  await rm(path.join(world.folder, "orchestrator.yml"));
  const session = startInTerminal(world, ["init"], {
    TEE_CLUSTER_STATE_DIR: stateDir,
    // Another cluster's begins with it.
    TEE_CLUSTER_NAME: "bird",
    AWS_SECRET_ACCESS_KEY: undefined,
  });
  const given = await session.answer("? Cluster name (", "bird-tracker", enter);
  expect(given.replaceAll(/\s+/g, " ")).toContain("would adopt bird-tracker-registry");
  await session.answer("? AWS secret access key", CANARIES.awsSecret, enter);
  await acceptDefaults(session);
  const refused = await session.see("? What now?");
  expect(from(refused, "Fix this first")).toMatchSnapshot("a registry that is not ours");
  session.type(enter);
  await session.answer("? Which answer?", "cluster", enter);
  await session.answer("? Cluster name (", eraseLine, "owl-tracker", enter);
  const other = await session.answer(/owl-tracker-runner-temp [^]*\? What now\?/, down, enter);
  expect(from(other, "? What now?")).toContain("❯ Deploy");
  await session.answer("? Which answer?", "cluster", enter);
  await session.answer("? Cluster name (", eraseLine, "bird-tracker", enter);
  await session.answer(/To take over bird[^]*To take over bird[^]*\? What now\?/, down, enter);
  const chosen = await session.see(/is taken over:[^]*\? What now\?/);
  expect(from(chosen, "bird-tracker-registry is there already")).toMatchSnapshot("taken over");
  expect(mutationsOf(world.sandbox)).toEqual([]);
  session.type(enter);
  expect(await session.exit).toBe(0);
  const { registriesEverMade, registry, live } = await cloudOf(world.sandbox);
  expect({ registriesEverMade, live }).toEqual({
    registriesEverMade: 1,
    live: ["bird-tracker-registry"],
  });
  expect(await journalText(stateDir)).toContain(
    `"type":"adopted","name":"bird-tracker-registry","app_id":"${registry?.appId}"`,
  );
  await isClean(world, session);
});

/** The one journal in the state directory. */
async function journalFile(stateDir: string): Promise<string> {
  const [host = ""] = await readdir(stateDir);
  return path.join(stateDir, host, "bird-tracker", "journal.jsonl");
}

const journalText = async (stateDir: string): Promise<string> =>
  readFile(await journalFile(stateDir), "utf8");

test("compose files that are there are offered, and what is recorded; several crunches in one line; an answer taken back; Ctrl-C at a secret", async () => {
  const world = await makePreparedWorld();
  world.sandbox.resetRequests();
  await rm(path.join(world.folder, "orchestrator.yml"));
  await mkdir(path.join(world.folder, "deploy"));
  for (const role of ["registry", "runner"]) {
    const name = `docker-compose.phala.${role}.yml`;
    await copyFile(path.join(COMPOSE_FOLDER, name), path.join(world.folder, "deploy", name));
  }
  const session = startInTerminal(world, ["init"], {
    TEE_CLUSTER_REGISTRY_COMPOSE: undefined,
    TEE_CLUSTER_RUNNER_COMPOSE: undefined,
    CVM_BASE_DOMAIN: "example.com",
    PHALA_API_KEY: undefined,
    PHALA_CLOUD_API_KEY: CANARIES.apiKey,
    TEE_CLUSTER_NAME: undefined,
  });
  const offered = await session.answer("? Registry compose", down, down, enter);
  expect(from(offered, "? Registry compose")).toContain(
    "❯ deploy/docker-compose.phala.registry.yml",
  );
  await session.answer("? Registry compose (", eraseLine, "nowhere.yml", enter);
  await session.answer("there is no file nowhere.yml", eraseLine);
  session.type("deploy/docker-compose.phala.registry.yml", enter);
  await session.answer("? Runner compose", enter);
  await session.answer("? Cluster name (", "bird-tracker", enter);
  await session.see("? AWS region (S3 region; as recorded) (eu-west-1)");
  await acceptDefaults(session);
  const summary = await session.answer("? What now?", down, enter);
  expect(summary).toMatch(/AWS region +eu-west-1 {2}\(as recorded\)/);
  await session.answer("? Which answer?", "crunch", enter);
  await session.answer("? Crunch (", "birds=Birds, of prey, birds=Owls", enter);
  await session.answer(/the id "birds" is given twice[^]*\? What now\?/, enter);
  await session.answer("? Which answer?", "crunch", enter);
  await session.answer("? Crunch (", eraseLine, "birds=Birds, of prey, owls=Owls", enter);
  const right = await session.answer(/owls=Owls\n[^]*\? What now\?/, down, enter);
  expect(right).toMatch(/Runner compose +deploy\/docker-compose\.phala\.runner\.yml\n/);
  expect(right).toMatch(/Phala API key +set from PHALA_CLOUD_API_KEY/);
  await session.answer("? Which answer?", "cvm", enter);
  await session.answer("? CVM base domain (", eraseLine, "-", enter);
  const taken = await session.answer(/✔ CVM base domain [^]*\? What now\?/, down, enter);
  expect(from(taken, "Summary")).not.toContain("CVM base domain");
  await session.answer("? Which answer?", "aws secret", enter);
  await session.answer("? AWS secret access key", interrupt);
  expect(await session.exit).toBe(130);
  expect(mutationsOf(world.sandbox)).toEqual([]);
  await isClean(world, session);
});

test("in an empty folder of 24 rows: templates first, a summary that fits, answers saved, and taken up again", async () => {
  const world = await makeWorld();
  const env = {
    ...NOTHING_GIVEN,
    TEE_CLUSTER_REGISTRY_COMPOSE: undefined,
    TEE_CLUSTER_RUNNER_COMPOSE: undefined,
  };
  const session = startInTerminal(world, ["init"], env, { columns: 80, rows: 24 });
  const first = await session.answer("? Registry compose", enter);
  expect(first).toMatch(
    /none yet: write a commented template\n[^]*model_orchestrator\/data\/docker/,
  );
  expect(first).not.toContain("? Cluster name");
  await session.answer("? Runner compose", enter);
  await session.answer("? Cluster name (", "bird-tracker", enter);
  await session.answer("? AWS access key ID", "AKIACANARY0EXAMPLE00", enter);
  await session.answer("? AWS secret access key", CANARIES.awsSecret, enter);
  await acceptDefaults(session);
  await session.see("? What now?");
  const visible = session.visible();
  expect(visible).toMatch(/Summary\n +Cluster name/);
  expect(visible).toContain('others as by default: "Change an answer" lists them');
  expect(visible).toMatch(/bird-tracker-registry +tdx\.medium at \$0\.116 an hour[^]*❯ Deploy/);
  await session.answer("❯ Deploy", down, down, enter);
  expect(await session.exit).toBe(130);
  expect(session.screen()).toContain("cancelled: nothing was created");
  expect(session.screen()).toContain("the answers are in tee-cluster.yml; resume with:");
  const saved = await readFile(path.join(world.folder, "tee-cluster.yml"), "utf8");
  expect(saved).toContain("\ncluster-name: bird-tracker\n");
  expect(saved).not.toContain(CANARIES.awsSecret);
  const template = path.join(
    world.folder,
    "model_orchestrator/data/docker-compose.phala.runner.yml",
  );
  expect(await readFile(template, "utf8")).toContain("@sha256:");
  const secret = { ...env, AWS_SECRET_ACCESS_KEY: CANARIES.awsSecret };
  const run = await world.run(["init", "--dry-run", "--json"], secret);
  expect(run).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("bird-tracker-registry") as string,
  });
  await isClean(world, session);
});
