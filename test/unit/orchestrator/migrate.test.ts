/** From schema v1 to v2: the runner's own keys change, every other character stays. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { diffLines } from "../../../src/lib/line-diff.ts";
import {
  migrateToV2,
  type Migration,
  type MigrationInputs,
} from "../../../src/orchestrator/migrate.ts";
import { orchestratorSchemas } from "../../../src/orchestrator/schemas.ts";

const golden = (schema: "v1" | "v2"): string =>
  readFileSync(
    fileURLToPath(new URL(`../../../fixtures/golden/orchestrator.${schema}.yml`, import.meta.url)),
    "utf8",
  );

const FILE = "orchestrator.yml";
const INPUTS: MigrationInputs = {
  gatewayKeyPath: "keys/coordinator.pem",
  capacityThreshold: undefined,
  defaultThreshold: 0.8,
};

function migrated(text: string, inputs: Partial<MigrationInputs> = {}): Migration {
  const migration = migrateToV2(text, FILE, { ...INPUTS, ...inputs });
  if (migration === undefined) throw new Error("nothing to do");
  return migration;
}

test("the golden file of v1 becomes the golden file of v2, to the byte", () => {
  const migration = migrated(golden("v1"), { capacityThreshold: 0.7 });
  expect(migration.text).toBe(golden("v2"));
  expect(migration.threshold).toEqual({ value: 0.7, from: "input" });
});

test("the operator's own number stays where none is given", () => {
  const migration = migrated(
    golden("v1").replace("provision-factor: 0.8", "provision-factor: 0.65"),
  );
  expect(migration.text).toBe(golden("v2").replace("threshold: 0.7", "threshold: 0.65"));
  expect(migration.threshold).toEqual({ value: 0.65, from: "provision-factor" });
});

test("a file of v2 is left alone, also without a key", () => {
  expect(migrateToV2(golden("v2"), FILE, { ...INPUTS, gatewayKeyPath: undefined })).toBeUndefined();
  const again = migrated(golden("v1")).text;
  expect(migrateToV2(again, FILE, INPUTS)).toBeUndefined();
});

const BY_HAND = `# ours since 2025
crunches:   # the list
- {id: bird_tracker, name: 'bird tracker', infrastructure: {zone: phala}}
watcher: {interval:   30, poller: {type: yaml, path: "\${MODELS}"}}

infrastructure:
    publishers:
    - type: rabbitmq        # not the default
      url: "\${RABBIT_URL}"
    runner:
        provision-factor: 0.5   # as agreed with finance
        max-models: 12
        # the one at home
        registry-compose-path: r.yml
        type: phala
        cluster-name: 'bird-tracker'
        phala-api-url: https://cloud-api.phala.network
        cluster-urls:
        - https://0123-<model-port>.example.com

        # ask Ann before touching
        runner-compose-path: >-
            run.yml
        spawntee-port: 9010
        request-timeout: 15
        instance-type: tdx.medium
        memory-per-model-mb: \${MEMORY}
    database: {type: sqlite, path: /data/o.db}
logging: {level: debug}
`;

test("comments, order, indentation and variables stay", () => {
  const migration = migrated(BY_HAND);
  expect(diffLines(BY_HAND, migration.text)).toEqual([
    "-         provision-factor: 0.5   # as agreed with finance",
    "+         capacity-threshold: 0.5   # as agreed with finance",
    "-         registry-compose-path: r.yml",
    "-         cluster-urls:",
    "-         - https://0123-<model-port>.example.com",
    "+         # The coordinator's RSA private key (PEM): requests to the CVMs are signed with it.",
    '+         gateway-key-path: "keys/coordinator.pem"',
  ]);
  expect(migration.remarks).toEqual([]);
});

test("CRLF and a byte order mark stay", () => {
  const text = `\ufeff${golden("v1").replaceAll("\n", "\r\n")}`;
  const migration = migrated(text, { capacityThreshold: 0.7 });
  expect(migration.text).toBe(`\ufeff${golden("v2").replaceAll("\n", "\r\n")}`);
});

test("a runner in flow style is changed where it stands, the rest of the file stays", () => {
  const text = BY_HAND.replace(
    /    runner:\n[\s\S]*\n(?= {4}database)/,
    "    runner: {type: phala, cluster-name: b, phala-api-url: u, cluster-urls: [a, b], provision-factor: 0.5,\n" +
      "        runner-compose-path: r, spawntee-port: 1, request-timeout: 1, instance-type: t,   # c\n" +
      "        memory-per-model-mb: 1, max-models: 0, registry-compose-path: g}\n",
  );
  expect(diffLines(text, migrated(text).text)).toEqual([
    "-     runner: {type: phala, cluster-name: b, phala-api-url: u, cluster-urls: [a, b], provision-factor: 0.5,",
    "-         runner-compose-path: r, spawntee-port: 1, request-timeout: 1, instance-type: t,   # c",
    "-         memory-per-model-mb: 1, max-models: 0, registry-compose-path: g}",
    "+     runner: {type: phala, cluster-name: b, phala-api-url: u, capacity-threshold: 0.5,",
    '+         runner-compose-path: r, gateway-key-path: "keys/coordinator.pem", spawntee-port: 1, request-timeout: 1, instance-type: t,   # c',
    "+         memory-per-model-mb: 1, max-models: 0}",
  ]);
});

test("a file that is JSON stays JSON", () => {
  const text = JSON.stringify(parse(golden("v1")), null, 2);
  const config: unknown = JSON.parse(migrated(text, { capacityThreshold: 0.7 }).text);
  expect(config).toEqual(parse(golden("v2")));
});

test("a file that was half migrated by hand is finished, with what it has", () => {
  const own = '  runner:\n    gateway-key-path: "k.pem"\n    capacity-threshold: 0.9\n';
  const text = golden("v1").replace("  runner:\n", own);
  const migration = migrated(text, { gatewayKeyPath: undefined });
  expect(migration).toMatchObject({
    gatewayKeyPath: "k.pem",
    threshold: { value: 0.9, from: "capacity-threshold" },
  });
  const { infrastructure } = orchestratorSchemas.v2.parse(parse(migration.text));
  expect(infrastructure.runner).toMatchObject({
    "gateway-key-path": "k.pem",
    "capacity-threshold": 0.9,
  });
});

test("no number at all: the default", () => {
  const migration = migrated(golden("v1").replace(/ +provision-factor.*\n/, ""));
  expect(migration.threshold).toEqual({ value: 0.8, from: "default" });
});

test("the default comes behind the memory, the key behind the compose file, each with its comment", () => {
  const migration = migrated(
    golden("v1").replace(/ +# A new runner.*\n +provision-factor.*\n/, ""),
  );
  expect(migration.text).toBe(
    golden("v2").replace("capacity-threshold: 0.7", "capacity-threshold: 0.8"),
  );
});

test.each([
  ["capacity-threshold", /.*capacity-threshold.*\n/, "default"],
  ["gateway-key-path", /.*gateway-key-path.*\n/, "capacity-threshold"],
  ["nothing but a key of v1 too much", /max-models: 0/, "capacity-threshold"],
])("a file of v2 without %s is finished", (_, pattern, from) => {
  const text = golden("v2").replace(pattern, (found) =>
    found.startsWith("max") ? `${found}\n    registry-compose-path: r.yml` : "",
  );
  const { infrastructure } = orchestratorSchemas.v2.parse(parse(migrated(text).text));
  expect(infrastructure.runner).toMatchObject({
    "gateway-key-path": "keys/coordinator.pem",
    "capacity-threshold": from === "default" ? 0.8 : 0.7,
  });
  expect(migrated(text).threshold.from).toBe(from);
});

test("a key path that is no text is none", () => {
  const text = golden("v1").replace("  runner:\n", "  runner:\n    gateway-key-path: [k]\n");
  expect(() => migrated(text, { gatewayKeyPath: undefined })).toThrow(
    expect.objectContaining({
      code: "gateway-key-path-missing",
      message:
        "schema v2 needs the coordinator's key, and neither orchestrator.yml nor an input names it",
      hint: "give it with --gateway-key-path (GATEWAY_KEY_PATH)",
    }),
  );
});

test("a variable in place of the number stays one", () => {
  const migration = migrated(
    golden("v1").replace("provision-factor: 0.8", "provision-factor: ${FACTOR}"),
  );
  expect(migration.text).toContain("    capacity-threshold: ${FACTOR}\n");
  expect(migration.threshold).toEqual({ value: "${FACTOR}", from: "provision-factor" });
});

test("what v2 does not know elsewhere is told and stays", () => {
  const text = golden("v1").replace('zone: "phala"', 'zone: "phala"\n    my-own: {x: 1}');
  expect(migrated(text).remarks).toEqual([
    expect.stringMatching(
      /^line \d+: crunches\.0\.my-own is not a key that the orchestrator knows/,
    ),
  ]);
});

test.each([
  ["- a list", "is not a mapping"],
  ["a: [", "is not valid YAML"],
  ["a: *nobody", "is not valid YAML"],
  ["", "has no infrastructure.runner"],
  ["# a comment\n", "has no infrastructure.runner"],
  ["logging: {level: info}", "has no infrastructure.runner"],
  ["infrastructure: []", "has an infrastructure that is not a mapping"],
  ["infrastructure: {runner: 5}", "has an infrastructure.runner that is not a mapping"],
])("%j is refused", (text, says) => {
  expect(() => migrated(text)).toThrow(
    expect.objectContaining({
      code: "config-unreadable",
      kind: "conflict",
      message: expect.stringContaining(`${FILE} ${says}`),
      hint: expect.stringContaining("tee-cluster config migrate FILE"),
    }),
  );
});

test("runners of another kind are refused", () => {
  expect(() => migrated("infrastructure: {runner: {type: local}}")).toThrow(
    expect.objectContaining({
      code: "config-other-runner",
      kind: "conflict",
      hint: expect.stringContaining("name another file: tee-cluster config migrate FILE"),
    }),
  );
});

test("what the orchestrator would refuse of its runner is not written, and named", () => {
  const text = golden("v1").replace(
    "spawntee-port: 9010",
    'spawntee-port: "http"\n    my-own: key',
  );
  expect(() => migrated(text)).toThrow(
    expect.objectContaining({
      code: "config-not-v2",
      kind: "conflict",
      message: [
        "orchestrator.yml would not be of schema v2; it was not changed:",
        'line 29: infrastructure.runner.spawntee-port is "http" and must be a number',
        "line 30: infrastructure.runner.my-own is not a key that the orchestrator knows; it refuses such a file",
      ].join("\n"),
      hint: "fix that in orchestrator.yml, then run the same command again",
    }),
  );
});

test("an anchor that others point at can't go", () => {
  const text = golden("v1")
    .replace('registry-compose-path: "', 'registry-compose-path: &place "')
    .concat("notes: *place\n");
  expect(() => migrated(text)).toThrow(
    expect.objectContaining({
      code: "config-unreadable",
      message: expect.stringMatching(
        /^orchestrator.yml, line \d+, can't be changed safely: an edit of infrastructure.runner.registry-compose-path/,
      ),
    }),
  );
});

test("what is missing elsewhere is told without a line", () => {
  const text = golden("v1").replace(/crunches:[\s\S]*$/, "");
  expect(migrated(text).remarks).toEqual(["crunches is required and missing"]);
});

test("no key anywhere", () => {
  expect(() => migrated(golden("v1"), { gatewayKeyPath: undefined })).toThrow(
    expect.objectContaining({ code: "gateway-key-path-missing", kind: "input" }),
  );
});
