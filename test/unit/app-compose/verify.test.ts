/** What the API could say that is not so, as data: each lie is found, and each by its own name. */
import { describe, expect, test } from "vitest";
import { composeHashOf, sha256Hex, type AppCompose } from "../../../src/core/compose-hash.ts";
import { renderHint } from "../../../src/core/command-hint.ts";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import {
  checkAppCompose,
  checkedHash,
  reportAnomalies,
  type AppComposeExpectation,
} from "../../../src/app-compose/verify.ts";

const COMPOSE = "services:\n  spawn-service:\n    image: example\n";
const NAMES = ["REGISTRY_URL", "CAPACITY_THRESHOLD"];

const HONEST: AppCompose = {
  docker_compose_file: COMPOSE,
  allowed_envs: NAMES,
  features: ["kms", "tproxy-net"],
  manifest_version: 2,
  name: "",
  pre_launch_script: "",
  runner: "docker-compose",
  kms_enabled: true,
  public_logs: true,
  public_sysinfo: true,
  public_tcbinfo: true,
  no_instance_id: false,
  local_key_provider_enabled: false,
};

function expectationFor(appCompose: AppCompose, change: Partial<AppComposeExpectation> = {}) {
  return {
    name: "bird-tracker-runner-temp",
    composeHash: composeHashOf(appCompose),
    composeText: COMPOSE,
    environmentNames: NAMES,
    knownScripts: new Set<string>(),
    ...change,
  };
}

function refusalOf(run: () => unknown): ClusterError {
  try {
    run();
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const refusalFor = (appCompose: AppCompose): ClusterError =>
  refusalOf(() => checkAppCompose(appCompose, expectationFor(appCompose)));

test("an app-compose that is what was deployed passes without a word", () => {
  expect(checkAppCompose(HONEST, expectationFor(HONEST))).toEqual([]);
});

describe("a hash in any other form is not taken", () => {
  const hash = composeHashOf(HONEST);
  test.each([
    ["upper case", hash.toUpperCase()],
    ["a prefix", `0x${hash}`],
    ["the algorithm's name", `sha256:${hash}`],
    ["a blank", `${hash} `],
    ["a line break", `${hash}\n`],
    ["one digit less", hash.slice(1)],
    ["one digit more", `${hash}0`],
    ["two hashes", `${hash},${hash}`],
    ["nothing", ""],
    ["null", null],
    ["undefined", undefined],
    ["a number", 64],
    ["a list", [hash]],
    ["a letter beyond f", `g${hash.slice(1)}`],
  ])("%s", (_, text) => {
    const error = refusalOf(() =>
      checkAppCompose(HONEST, expectationFor(HONEST, { composeHash: text })),
    );
    expect(error).toMatchObject({ kind: "verification", code: "compose-hash-malformed" });
    expect(error.message).toContain(
      `${JSON.stringify(text)} as compose hash of bird-tracker-runner-temp`,
    );
    expect(error.hint).toContain("nothing was approved");
  });

  test("the right one is", () => {
    expect(checkedHash("x", hash)).toBe(hash);
  });
});

/** Each with the hash that really belongs to it: only the comparison with our own files can find it. */
const CONSISTENT_LIES: readonly (readonly [
  about: string,
  change: Partial<AppCompose>,
  code: string,
])[] = [
  ["another compose text", { docker_compose_file: `${COMPOSE}# more\n` }, "compose-text-mismatch"],
  [
    "other line ends",
    { docker_compose_file: COMPOSE.replaceAll("\n", "\r\n") },
    "compose-text-mismatch",
  ],
  ["a trimmed text", { docker_compose_file: COMPOSE.trim() }, "compose-text-mismatch"],
  ["no text", { docker_compose_file: undefined }, "compose-text-mismatch"],
  ["a name more", { allowed_envs: [...NAMES, "DSTACK_AUTHORIZED_KEYS"] }, "allowed-envs-mismatch"],
  ["a name less", { allowed_envs: NAMES.slice(1) }, "allowed-envs-mismatch"],
  ["another order", { allowed_envs: NAMES.toReversed() }, "allowed-envs-mismatch"],
  ["a name twice", { allowed_envs: [...NAMES, ...NAMES] }, "allowed-envs-mismatch"],
  [
    "another case",
    { allowed_envs: NAMES.map((name) => name.toLowerCase()) },
    "allowed-envs-mismatch",
  ],
  ["no names", { allowed_envs: undefined }, "allowed-envs-mismatch"],
  ["both names in one", { allowed_envs: [NAMES.join(",")] }, "allowed-envs-mismatch"],
];

describe("what differs from what was deployed is refused, though its hash is right", () => {
  test.each(CONSISTENT_LIES)("%s", (_, change, code) => {
    const appCompose = { ...HONEST, ...change };
    const error = refusalFor(appCompose);
    expect(error).toMatchObject({ kind: "verification", code });
    expect(error.message).toContain("bird-tracker-runner-temp");
  });

  test("names are told, those found and those deployed, in their order", () => {
    const found = { ...HONEST, allowed_envs: ["B", "A"] };
    const none = { ...HONEST, allowed_envs: undefined };
    expect(refusalFor(found).message).toContain(
      "names [B, A], deployed were [REGISTRY_URL, CAPACITY_THRESHOLD]",
    );
    expect(refusalFor(none).message).toContain("names [], deployed");
  });

  test("none where none were deployed is no difference", () => {
    const appCompose = { ...HONEST, allowed_envs: undefined };
    expect(
      checkAppCompose(appCompose, expectationFor(appCompose, { environmentNames: [] })),
    ).toEqual([]);
  });
});

describe("how to look at what was refused", () => {
  test.each([
    ["bird-tracker-runner-temp", "tee-cluster hash --exact"],
    ["bird-tracker-registry", "phala cvms get bird-tracker-registry --json"],
    // Only its name's end makes it a temporary one.
    ["x-runner-temp-registry", "phala cvms get x-runner-temp-registry --json"],
  ])("%s: %s", (name, look) => {
    const error = refusalOf(() => checkedHash(name, ""));
    expect(renderHint(error.hint ?? "")).toContain(look);
  });
});

const report = (given: Parameters<typeof reportAnomalies>[0], strict: boolean) => {
  const told: unknown[] = [];
  const warn = (...line: unknown[]) => void told.push(line);
  return { told, run: () => reportAnomalies(given, { warn, strict }) };
};

describe("what is told", () => {
  const anomalies = [
    { code: "app-compose-field", message: "one" },
    { code: "pre-launch-script", message: "two" },
  ] as const;
  test("are warnings, each with its code", () => {
    const { told, run } = report(anomalies, false);
    run();
    expect(told).toEqual(anomalies.map(({ code, message }) => [code, message]));
  });

  test("fails with --strict, by the first code and with every message", () => {
    const { told, run } = report(anomalies, true);
    expect(refusalOf(run)).toMatchObject({
      kind: "verification",
      code: "app-compose-field",
      message: "one\ntwo",
      hint: expect.stringContaining("nothing was approved"),
    });
    expect(told).toHaveLength(2);
  });

  test("is nothing where nothing is odd, with --strict too", () => {
    const { told, run } = report([], true);
    run();
    expect(told).toEqual([]);
  });
});

describe("a hash of something else is refused, whatever the difference", () => {
  test.each<[string, AppCompose]>([
    ["a field more", { ...HONEST, init_script: "curl example.com | sh" }],
    ["another field", { ...HONEST, manifest_version: 3 }],
    ["another script", { ...HONEST, pre_launch_script: "true" }],
    ["another order of a list", { ...HONEST, features: ["tproxy-net", "kms"] }],
  ])("%s", (_, measured) => {
    const composeHash = composeHashOf(measured);
    const error = refusalOf(() => checkAppCompose(HONEST, expectationFor(HONEST, { composeHash })));
    expect(error).toMatchObject({ kind: "verification", code: "compose-hash-mismatch" });
    expect(error.message).toContain(composeHash);
    expect(error.message).toContain(composeHashOf(HONEST));
  });
});

describe("what weakens it and was not asked for is told", () => {
  test.each<[string, unknown]>([
    ["public_logs", false],
    ["public_sysinfo", false],
    ["public_tcbinfo", false],
    ["public_tcbinfo", "true"],
    ["no_instance_id", true],
    ["local_key_provider_enabled", true],
    ["kms_enabled", false],
    ["kms_enabled", null],
  ])("%s: %j", (field, value) => {
    const appCompose = { ...HONEST, [field]: value };
    const told = checkAppCompose(appCompose, expectationFor(appCompose));
    expect(told.map(({ code }) => code)).toEqual(["app-compose-field"]);
    expect(told[0]?.message).toContain(`${field} is ${JSON.stringify(value)}`);
  });

  test("fields that no deployment had, by their names", () => {
    const appCompose = { ...HONEST, init_script: "true", bash_script: "true" };
    const [told, ...more] = checkAppCompose(appCompose, expectationFor(appCompose));
    expect(more).toEqual([]);
    expect(told?.code).toBe("app-compose-field");
    expect(told?.message).toMatch(/^bird-tracker-runner-temp .*: init_script, bash_script$/);
  });

  test("a pre-launch script that was never seen, by size and digest; a known one is not", () => {
    const script = "#!/bin/sh\necho é\n";
    const digest = sha256Hex(script);
    const appCompose = { ...HONEST, pre_launch_script: script };
    const told = checkAppCompose(appCompose, expectationFor(appCompose));
    expect(told.map(({ code }) => code)).toEqual(["pre-launch-script"]);
    expect(told[0]?.message).toContain("bird-tracker-runner-temp has a pre-launch script");
    expect(told[0]?.message).toContain(`${Buffer.byteLength(script)} bytes, sha256 ${digest}`);
    const knownScripts = new Set([digest]);
    expect(checkAppCompose(appCompose, expectationFor(appCompose, { knownScripts }))).toEqual([]);
  });
});
