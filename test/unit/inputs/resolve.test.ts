import type { InputKey } from "../../../src/core/settings.ts";
import { missingForCluster } from "../../../src/inputs/required.ts";
import { describe, expect, it } from "vitest";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import { inputsIn } from "../../../src/inputs/table.ts";
import {
  assertNoProblems,
  resolveInputs,
  type Raw,
  type Sources,
} from "../../../src/inputs/resolve.ts";
import type { ClusterInputs } from "../../../src/core/settings.ts";
import { toClusterInputs } from "../../../src/inputs/values.ts";
import { BAD_INPUTS, type BadInput } from "./bad-inputs.ts";

const ALL = inputsIn("connection", "cluster", "aws", "procedure");
const GOOD_ENV = {
  HOME: "/home/somebody",
  TEE_CLUSTER_NAME: "bird-tracker",
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example/secret+of/forty-characters-000000",
  PHALA_API_KEY: "phak_example_key",
};

function sources(parts: {
  env?: NodeJS.ProcessEnv;
  flags?: Raw;
  config?: Raw;
  examples?: Raw;
}): Sources {
  const { env = GOOD_ENV, flags = {}, config = {}, examples = {} } = parts;
  return { env, flags, config: { path: "tee-cluster.yml", values: config }, examples, keys: ALL };
}

function inputsFrom(parts: Parameters<typeof sources>[0]): ClusterInputs {
  const resolution = resolveInputs(sources(parts));
  assertNoProblems(resolution);
  return toClusterInputs(resolution.values);
}

function refusal(parts: Parameters<typeof sources>[0]): ClusterError {
  try {
    inputsFrom(parts);
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const needs = (flags: Raw): readonly string[] =>
  missingForCluster(resolveInputs(sources({ flags })).values).map(({ key }) => key);

function given({ input, value, variable }: BadInput): Parameters<typeof sources>[0] {
  if (variable === undefined)
    return { flags: { [input]: ["crunches", "registryEnv"].includes(input) ? [value] : value } };
  const { PHALA_API_KEY: _, ...withoutKey } = GOOD_ENV;
  const env = variable === "PHALA_CLOUD_API_KEY" ? withoutKey : GOOD_ENV;
  return { env: { ...env, [variable]: value } };
}

describe("a wrong input is refused, with its value and what would do", () => {
  it.each(BAD_INPUTS.map((row) => [`${row.input}: ${row.about}`, row] as const))("%s", (_, row) => {
    const error = refusal(given(row));
    expect(error).toMatchObject({ kind: "input", code: "invalid-inputs" });
    expect(error.hint).toBeTruthy();
    for (const part of row.says) expect(error.message).toContain(part);
  });
});

describe("what may be a secret is not repeated", () => {
  const hidden = BAD_INPUTS.flatMap((row) =>
    row.hides === undefined ? [] : [{ row, hides: row.hides }],
  );
  it.each(hidden.map((item) => [`${item.row.input}: ${item.row.about}`, item] as const))(
    "%s",
    (_, item) => {
      const error = refusal(given(item.row));
      expect(`${error.message} ${error.hint}`).not.toContain(item.hides);
    },
  );
});

describe("where an input comes from", () => {
  const flags = { awsRegion: "eu-west-2" };
  const env = { ...GOOD_ENV, AWS_REGION: "eu-west-3" };
  const config = { awsRegion: "us-east-1" };
  const examples = { awsRegion: "us-west-1" };

  it.each([
    ["the flag first", { flags, env, config, examples }, "eu-west-2", "flag"],
    ["then the environment", { env, config, examples }, "eu-west-3", "environment"],
    ["then the config file", { config, examples }, "us-east-1", "config file"],
    ["then the sandbox's example", { examples }, "us-west-1", "default"],
    ["then the default", {}, "eu-west-1", "default"],
    [
      "an empty variable is unset",
      { env: { ...env, AWS_REGION: "" }, config },
      "us-east-1",
      "config file",
    ],
  ] as const)("%s", (_, parts, region, origin) => {
    const resolution = resolveInputs(sources(parts));
    expect(resolution.values.awsRegion).toBe(region);
    expect(resolution.origins.awsRegion).toBe(origin);
  });

  it("takes PHALA_API_KEY before PHALA_CLOUD_API_KEY, and the second alone", () => {
    const both = { ...GOOD_ENV, PHALA_CLOUD_API_KEY: "phak_other_key" };
    expect(inputsFrom({ env: both }).connection.phalaApiKey).toBe("phak_example_key");
    expect(inputsFrom({ env: { ...both, PHALA_API_KEY: "" } }).connection.phalaApiKey).toBe(
      "phak_other_key",
    );
  });
});

describe("everything at once", () => {
  it("names all that is missing, secrets by their variable alone", () => {
    const error = refusal({ env: {} });
    expect(error).toMatchObject({ kind: "input", code: "missing-inputs" });
    expect(error.message).toBe(
      "missing: --cluster-name (TEE_CLUSTER_NAME), --aws-access-key-id (AWS_ACCESS_KEY_ID), AWS_SECRET_ACCESS_KEY, PHALA_API_KEY",
    );
  });

  it("names what is wrong and what is missing together", () => {
    const env = { AWS_REGION: "Mars", AWS_SECRET_ACCESS_KEY: "x" };
    const { message } = refusal({ env, flags: { spawnteePort: "0" } });
    expect(message.split("\n")).toEqual([
      expect.stringMatching(/^AWS_SECRET_ACCESS_KEY from the environment is too short: /),
      expect.stringContaining(
        '--aws-region (AWS_REGION) from the environment: invalid AWS region: "Mars"',
      ),
      expect.stringContaining('--spawntee-port (TEE_CLUSTER_SPAWNTEE_PORT): invalid number: "0"'),
      expect.stringMatching(/^missing: --cluster-name .*PHALA_API_KEY$/),
    ]);
  });

  it("requires the coordinator's key and wallet with schema v2 and no other", () => {
    expect(needs({})).toEqual([]);
    expect(needs({ orchestratorSchema: "v2" })).toEqual(["gatewayKeyPath", "coordinatorWallet"]);
    const both = { gatewayKeyPath: "key.pem", coordinatorWallet: "0xw" };
    expect(needs({ orchestratorSchema: "v2", ...both })).toEqual([]);
    expect(refusal({ flags: { orchestratorSchema: "v2" } })).toMatchObject({
      code: "missing-inputs",
      message:
        "missing: --gateway-key-path (GATEWAY_KEY_PATH), required with schema v2, --gateway-auth-wallet (GATEWAY_AUTH_COORDINATOR_WALLET), required with schema v2",
    });
  });

  it("takes a gateway key, from wherever it is given, for an orchestrator of schema v2", () => {
    const schema = (parts: Parameters<typeof sources>[0]): unknown =>
      resolveInputs(sources(parts)).values.orchestratorSchema;
    const env = { ...GOOD_ENV, GATEWAY_KEY_PATH: "key.pem" };
    expect(schema({})).toBe("v1");
    expect(schema({ env })).toBe("v2");
    expect(schema({ flags: { gatewayKeyPath: "key.pem" } })).toBe("v2");
    expect(schema({ env, flags: { orchestratorSchema: "v1" } })).toBe("v1");
    // A command that does not take the key predicts hashes with its names all the same.
    const keys: InputKey[] = ["orchestratorSchema"];
    expect(resolveInputs({ ...sources({ env }), keys }).values.orchestratorSchema).toBe("v2");
  });

  it("takes the values of further variables from the environment, and names those that it lacks", () => {
    const flags = { registryEnv: ["ZULU", "ALPHA", "ZULU"] };
    const env = { ...GOOD_ENV, ALPHA: "a-value", ZULU: "z-value" };
    expect(inputsFrom({ env, flags }).cluster.registryEnv).toEqual([
      { name: "ALPHA", value: "a-value" },
      { name: "ZULU", value: "z-value" },
    ]);
    expect(refusal({ env: { ...env, ZULU: "" }, flags }).message).toBe(
      "missing: ZULU (--registry-env)",
    );
    const twoLines = refusal({ env: { ...env, ZULU: "one\ntwo" }, flags }).message;
    expect(twoLines).toContain("ZULU: has a line break");
    expect(twoLines).not.toContain("two");
  });

  it("asks a command only for its own inputs", () => {
    const env = { PHALA_API_KEY: "phak_example_key", AWS_REGION: "Mars" };
    const { problems, missing } = resolveInputs({
      ...sources({ env }),
      keys: inputsIn("connection"),
    });
    expect({ problems, missing }).toEqual({ problems: [], missing: [] });
  });
});

function stateDirAt(stateHome: string): string {
  return inputsFrom({ env: { ...GOOD_ENV, XDG_STATE_HOME: stateHome } }).connection.stateDir;
}

describe("the values", () => {
  it("has the contract's defaults", () => {
    expect(inputsFrom({})).toMatchObject({
      connection: {
        phalaApiUrl: "https://cloud-api.phala.network",
        phalaBin: "phala",
        gatewayUrl: "https://{app_id}-{port}.{base_domain}",
        stateDir: "/home/somebody/.local/state/tee-cluster",
        timeoutMs: 600_000,
        pollIntervalMs: 2000,
      },
      cluster: {
        instanceType: "tdx.medium",
        node: undefined,
        spawnteePort: 9010,
        memoryPerModelMb: 1024,
        provisionFactor: 0.8,
        maxModels: 0,
        capacityThreshold: 0.8,
        cvmBaseDomain: undefined,
        registryCompose: "model_orchestrator/data/docker-compose.phala.registry.yml",
        runnerCompose: "model_orchestrator/data/docker-compose.phala.runner.yml",
        orchestratorConfig: "orchestrator.yml",
        orchestratorSchema: "v1",
        crunches: [{ id: "bird_tracker", name: "bird tracker" }],
        watcher: { type: "yaml", path: "models.yml" },
        watcherIntervalSeconds: 10,
      },
      aws: { region: "eu-west-1" },
    });
  });

  it("keeps state under XDG_STATE_HOME, unless that is relative, which the specification calls invalid", () => {
    expect(stateDirAt("/var/state")).toBe("/var/state/tee-cluster");
    expect(stateDirAt("state")).toBe("/home/somebody/.local/state/tee-cluster");
  });

  it("accepts what is at the edge", () => {
    const { cluster, connection } = inputsFrom({
      flags: {
        clusterName: `B${"a".repeat(46)}`,
        provisionFactor: "1",
        memoryPerModelMb: "4096",
        timeoutMs: "24h",
        phalaApiUrl: "http://127.0.0.1:8080/api/v1/",
        gatewayUrl: "http://localhost:8080/gateway/{app_id}-{port}.{base_domain}",
        orchestratorSchema: "v2",
        gatewayKeyPath: "key.pem",
        coordinatorWallet: "0xw",
        crunches: ["bird=a=b", "nest"],
      },
    });
    expect(cluster.clusterName).toHaveLength(47);
    expect(cluster.crunches).toEqual([
      { id: "bird", name: "a=b" },
      { id: "nest", name: "nest" },
    ]);
    expect(connection).toMatchObject({
      timeoutMs: 86_400_000,
      phalaApiUrl: "http://127.0.0.1:8080",
    });
  });

  it("refuses a crunch that is given twice", () => {
    expect(refusal({ flags: { crunches: ["bird=a", "bird=b"] } }).message).toContain(
      '"bird" is given twice',
    );
  });
});
