/** `config init` and `config show`: the file that explains itself, and where every value is from. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { ConfigShowResult, ShownInput } from "../../src/commands/config-show/result.ts";
import { makePreparedWorld } from "../helpers/prepared-cluster.ts";
import { CANARIES, failureIn, makeWorld, type Run } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

const shown = ({ stdout }: Run): ConfigShowResult =>
  expectValid("config-show", stdout) as unknown as ConfigShowResult;
const inputIn = (result: ConfigShowResult, name: string): Partial<ShownInput> | undefined =>
  result.inputs.find((input) => input.name === name);

test("config show: flag, variable, line of the config file, record, line of orchestrator.yml, default", async () => {
  const world = await makePreparedWorld();
  const file = path.join(world.folder, "orchestrator.yml");
  await writeFile(file, (await readFile(file, "utf8")).replace("max-models: 0", "max-models: 50"));
  const line =
    (await readFile(file, "utf8")).split("\n").findIndex((text) => text.includes("max-models")) + 1;
  await writeFile(path.join(world.folder, "tee-cluster.yml"), "# ours\naws-region: eu-north-1\n");
  world.sandbox.resetRequests();
  const run = await world.run(["config", "show", "--json", "--capacity-threshold", "0.7"]);
  expect(run.exitCode).toBe(0);
  const result = shown(run);
  expect(result).toMatchObject({ cluster: "bird-tracker", config_file: "tee-cluster.yml" });
  expect(inputIn(result, "capacity-threshold")).toMatchObject({
    value: "0.7",
    origin: "flag",
    from: "--capacity-threshold",
  });
  expect(inputIn(result, "cluster-name")).toMatchObject({
    origin: "environment",
    from: "TEE_CLUSTER_NAME",
  });
  expect(inputIn(result, "aws-region")).toMatchObject({
    value: "eu-north-1",
    from: "tee-cluster.yml:2",
  });
  expect(inputIn(result, "instance-type")).toMatchObject({
    value: "tdx.medium",
    origin: "record",
    from: null,
  });
  expect(inputIn(result, "max-models")).toMatchObject({
    value: "50",
    from: `orchestrator.yml:${line}`,
  });
  expect(inputIn(result, "cvm-base-domain")).toMatchObject({ set: true, origin: "record" });
  expect(inputIn(result, "timeout")).toMatchObject({ value: "3m", from: "TEE_CLUSTER_TIMEOUT" });
  expect(inputIn(result, "attest")).toMatchObject({ value: "auto", origin: "default", from: null });
  expect(inputIn(result, "PHALA_API_KEY")).toMatchObject({
    value: null,
    set: true,
    from: "PHALA_API_KEY",
  });
  expect(inputIn(result, "node")).toMatchObject({ value: null, set: false, required: false });
  expect(result.warnings.map(({ code }) => code)).toEqual(["orchestrator-schema-v1"]);
  expect(world.sandbox.requests()).toEqual([]);

  const people = await world.run(["config", "show"]);
  expect(people.stdout).toMatch(/max-models +orchestrator\.yml:\d+ +50/);
  expect(people.stdout).toMatch(
    /AWS_SECRET_ACCESS_KEY +AWS_SECRET_ACCESS_KEY +set from\s+AWS_SECRET_ACCESS_KEY/,
  );
  expect(people.stdout).not.toContain(CANARIES.awsSecret);
});

test("config show names what is missing, and refuses what is wrong", async () => {
  const world = await makeWorld();
  const bare = { TEE_CLUSTER_NAME: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  const { warnings, cluster } = shown(await world.run(["config", "show", "--json"], bare));
  expect(cluster).toBeNull();
  expect(
    warnings.filter(({ code }) => code === "missing-input").map(({ message }) => message),
  ).toEqual([
    "--cluster-name (TEE_CLUSTER_NAME) is required and set nowhere",
    "AWS_SECRET_ACCESS_KEY is required and set nowhere",
  ]);
  const wrong = await world.run(["config", "show", "--json", "--max-models", "many"]);
  expect([wrong.exitCode, failureIn(wrong.stdout).error.code]).toEqual([2, "invalid-inputs"]);
});

test("config init: what is given is read back by the next run; every other input is a comment", async () => {
  const world = await makeWorld();
  const file = path.join(world.folder, "tee-cluster.yml");
  const given = [
    "--cluster-name",
    "owl-watch",
    "--crunch",
    "0123=night owl",
    "--crunch",
    "b",
    "--max-models",
    "20",
  ];
  const planned = await world.run(["config", "init", "--dry-run", "--json", ...given]);
  expect(expectValid("config-init", planned.stdout)).toMatchObject({ written: false });
  await expect(readFile(file)).rejects.toThrow("ENOENT");

  const run = await world.run(["config", "init", "--json", ...given]);
  expect(expectValid("config-init", run.stdout)).toMatchObject({
    file: "tee-cluster.yml",
    written: true,
    filled: ["cluster-name", "max-models", "crunch"],
  });
  const text = await readFile(file, "utf8");
  expect(text).toContain("\n#instance-type: tdx.medium\n");
  expect(text).not.toMatch(/state-dir|phala-bin/);
  expect(
    Math.max(
      ...text
        .split("\n")
        .slice(3)
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(100);
  const result = shown(
    await world.run(["config", "show", "--json"], { TEE_CLUSTER_NAME: undefined }),
  );
  expect(inputIn(result, "cluster-name")).toMatchObject({
    value: "owl-watch",
    origin: "config file",
  });
  expect(inputIn(result, "crunch")).toMatchObject({ value: ["0123=night owl", "b=b"] });

  // Every line that is commented out would be taken as it is.
  const all = text.replaceAll(/^#(?=[a-z]| {2}-)/gm, "").replaceAll(/^.*<.*>.*$/gm, "");
  await writeFile(file, all.replaceAll(/^(?:crunch|registry-env):\n(?: {2}-.*\n)*/gm, ""));
  expect((await world.run(["config", "show", "--json"])).exitCode).toBe(0);
});

test("config init overwrites nothing, and the default file never says where secrets go", async () => {
  const world = await makeWorld();
  const file = path.join(world.folder, "tee-cluster.yml");
  await writeFile(file, "cluster-name: mine\n");
  const again = await world.run(["config", "init", "--json", "--cluster-name", "owl-watch"]);
  expect([again.exitCode, failureIn(again.stdout).error.code]).toEqual([6, "config-file-exists"]);
  expect(await readFile(file, "utf8")).toBe("cluster-name: mine\n");
  const refused = await world.run(["config", "init", "--json", "--phala-bin", "./phala"]);
  expect([refused.exitCode, failureIn(refused.stdout).error.code]).toEqual([
    2,
    "config-file-not-trusted",
  ]);
  expect((await world.run(["config", "init", "mine.yml", "--phala-bin", "./phala"])).exitCode).toBe(
    0,
  );
  const { PHALA_BIN: _, ...rest } = world.env;
  const result = shown(
    await world.run(["config", "show", "--json", "--config", "mine.yml"], {
      ...rest,
      PHALA_BIN: undefined,
    }),
  );
  expect(inputIn(result, "phala-bin")).toMatchObject({ value: "./phala" });
});
