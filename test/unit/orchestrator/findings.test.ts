/** What an orchestrator would refuse of its file: each finding with its line, and nothing of what it accepts. */
import { describe, expect, test } from "vitest";
import { configFindings } from "../../../src/orchestrator/findings.ts";

/** What a file must have at least; one line per key, so that a line can be replaced. */
const LEAST = `logging: {}
infrastructure:
  database:
    path: o.db
  publishers: []
  runner:
    type: phala
    cluster-name: owl
    phala-api-url: https://x.example
    cluster-urls: []
    registry-compose-path: r.yml
    runner-compose-path: u.yml
    spawntee-port: 9010
    instance-type: tdx.small
    memory-per-model-mb: 1
    provision-factor: 0.5
    max-models: 0
watcher:
  poller:
    type: yaml
    path: m.yml
crunches: []
`;

const LEAST_V2 = LEAST.replace("    cluster-urls: []\n", "")
  .replace("registry-compose-path", "gateway-key-path")
  .replace("provision-factor", "capacity-threshold");

/** As `LINE SEVERITY: MESSAGE`. */
const findings = (text: string, schema: "v1" | "v2" = "v1"): readonly string[] =>
  configFindings(text, schema).map(
    ({ line, severity, message }) => `${line} ${severity}: ${message}`,
  );

function replaced(from: string, to: string): string {
  expect(LEAST).toContain(from);
  return LEAST.replace(from, to);
}

test("the least that either schema has is accepted, and not by the other", () => {
  expect(findings(LEAST, "v1")).toEqual([]);
  expect(findings(LEAST_V2, "v2")).toEqual([]);
  expect(findings(LEAST, "v2")).toEqual([
    "6 error: infrastructure.runner.capacity-threshold is required and missing",
    "6 error: infrastructure.runner.gateway-key-path is required and missing",
    "10 warning: infrastructure.runner.cluster-urls is not a key that the orchestrator knows; it refuses such a file",
    "11 warning: infrastructure.runner.registry-compose-path is not a key that the orchestrator knows; it refuses such a file",
    "16 warning: infrastructure.runner.provision-factor is not a key that the orchestrator knows; it refuses such a file",
  ]);
});

test.each([
  ["logging:", "  level: trace\n  file: {path: l.txt}", "logging: {}"],
  ["logging:", "  file:", "logging: {}"],
  [
    "  publishers:",
    "  - {type: websocket, address: a, port: 1, ping-interval: 2, ping-timeout: 3}",
    "  publishers: []",
  ],
  [
    "  publishers:",
    "  - {type: websocket, address: a, port: 1, ping-interval: ~, ping-timeout: ~}",
    "  publishers: []",
  ],
  ["  publishers:", "  - {type: rabbitmq, url: u}", "  publishers: []"],
  ["    type: onchain", "", "    type: yaml\n    path: m.yml"],
  ["    type: onchain", "    url: u", "    type: yaml\n    path: m.yml"],
  ["  interval: 3", "  poller:", "  poller:"],
  ["    type: sqlite", "    path: o.db", "    path: o.db"],
  ["    request-timeout: 1", "    max-models: 12", "    max-models: 0"],
  [
    "crunches:",
    "- {id: a, name: A, onchain-name: O, network-config: {x: [1]}, run-schedule: {intervals: [a], timezone: b}}",
    "crunches: []",
  ],
  [
    "crunches:",
    "- {id: a, name: A, infrastructure: ~, network-config: ~, run-schedule: ~}",
    "crunches: []",
  ],
  [
    "crunches:",
    "- {id: a, name: A, infrastructure: {zone: z, cluster-name: c, is-secure: true, debug-grpc: false, runner-envs: {A: b}, cpu-config: {vcpus: 1, memory: 2, instances-types: [t]}, gpu-config: {vcpus: 1, memory: 2, gpus: 3, instances-types: ~}}}",
    "crunches: []",
  ],
  [
    "signature-verifier: {public-key: k}\ntournament-api-url: u",
    "use-augmented-info: true\ncan-place-in-quarantine: false\ncrunches: []",
    "crunches: []",
  ],
  ["signature-verifier:", "crunches: []", "crunches: []"],
])("the orchestrator knows %j, %j", (line, next, instead) => {
  expect(findings(replaced(instead, `${line}\n${next}`))).toEqual([]);
});

test("republish-states is of v2 alone", () => {
  const key = "    max-models: 0\n    republish-states: true";
  expect(findings(LEAST_V2.replace("    max-models: 0", key), "v2")).toEqual([]);
  expect(findings(replaced("    max-models: 0", key))).toEqual([
    "18 warning: infrastructure.runner.republish-states is not a key that the orchestrator knows; it refuses such a file",
  ]);
});

const RUNNER = "infrastructure.runner";
test.each([
  [
    "cluster-name: owl",
    "cluster-name: 5",
    `8 error: ${RUNNER}.cluster-name is 5 and must be text; put it in quotes`,
  ],
  [
    "cluster-name: owl",
    "cluster-name: on",
    `8 error: ${RUNNER}.cluster-name is true and must be text; put it in quotes`,
  ],
  [
    "cluster-name: owl",
    'cluster-name: ""',
    `8 error: ${RUNNER}.cluster-name is "" and must be at least 1`,
  ],
  ["cluster-name: owl", "cluster-name:", `8 error: ${RUNNER}.cluster-name has no value`],
  ["    cluster-name: owl\n", "", `6 error: ${RUNNER}.cluster-name is required and missing`],
  [
    "cluster-urls: []",
    "cluster-urls: u",
    `10 error: ${RUNNER}.cluster-urls is "u" and must be a list`,
  ],
  [
    "cluster-urls: []",
    "cluster-urls:\n    - u\n    - 5",
    `12 error: ${RUNNER}.cluster-urls.1 is 5 and must be text; put it in quotes`,
  ],
  [
    "spawntee-port: 9010",
    "spawntee-port: 0",
    `13 error: ${RUNNER}.spawntee-port is 0 and must be at least 1`,
  ],
  [
    "spawntee-port: 9010",
    "spawntee-port: 65536",
    `13 error: ${RUNNER}.spawntee-port is 65536 and must be at most 65535`,
  ],
  [
    "spawntee-port: 9010",
    "spawntee-port: 1.5",
    `13 error: ${RUNNER}.spawntee-port is 1.5 and must be a whole number`,
  ],
  [
    "spawntee-port: 9010",
    'spawntee-port: "80a"',
    `13 error: ${RUNNER}.spawntee-port is "80a" and must be a number`,
  ],
  [
    "spawntee-port: 9010",
    'spawntee-port: "a80"',
    `13 error: ${RUNNER}.spawntee-port is "a80" and must be a number`,
  ],
  [
    "spawntee-port: 9010",
    "spawntee-port: [80]",
    `13 error: ${RUNNER}.spawntee-port is [80] and must be a number`,
  ],
  [
    "spawntee-port: 9010",
    "spawntee-port: 80 $",
    `13 error: ${RUNNER}.spawntee-port is "80 $" and must be a number`,
  ],
  [
    "memory-per-model-mb: 1",
    "memory-per-model-mb: 0",
    `15 error: ${RUNNER}.memory-per-model-mb is 0 and must be more than 0`,
  ],
  [
    "provision-factor: 0.5",
    "provision-factor: 0",
    `16 error: ${RUNNER}.provision-factor is 0 and must be more than 0`,
  ],
  [
    "provision-factor: 0.5",
    "provision-factor: 1.1",
    `16 error: ${RUNNER}.provision-factor is 1.1 and must be at most 1`,
  ],
  [
    "max-models: 0",
    "max-models: -1",
    `17 error: ${RUNNER}.max-models is -1 and must be at least 0`,
  ],
  [
    "max-models: 0",
    "max-models: 0\n    request-timeout: 0",
    `18 error: ${RUNNER}.request-timeout is 0 and must be more than 0`,
  ],
  ["type: phala", "type: local", `7 error: ${RUNNER}.type is "local" and must be phala`],
  [
    "logging: {}",
    "logging: {level: loud}",
    '1 error: logging.level is "loud" and must be debug, info, warning, error, critical, trace',
  ],
  ["logging: {}", "logging: [a]", '1 error: logging is ["a"] and must be keys with values'],
  [
    "logging: {}",
    "can-place-in-quarantine: 1\nlogging: {}",
    "1 error: can-place-in-quarantine is 1 and must be true or false",
  ],
  [
    "type: yaml",
    "type: json",
    `20 error: watcher.poller.type is "json": Invalid discriminator value. Expected 'yaml' | 'onchain'`,
  ],
  [
    "logging: {}",
    "logging: {}\nmy-own: 1",
    "2 warning: my-own is not a key that the orchestrator knows; it refuses such a file",
  ],
  [
    "type: phala",
    "type: phala\n    vpc-id: x",
    `8 error: ${RUNNER}.vpc-id: a VPC cluster is not supported by tee-cluster`,
  ],
  [
    "crunches: []",
    "crunches:\n  # ours\n  - id: a",
    "24 error: crunches.0.name is required and missing",
  ],
])("%j as %j: %s", (from, to, finding) => {
  expect(findings(replaced(from, to))).toEqual([finding]);
});

test("a list with a variable is no variable, nor is a number in quotes true or false", () => {
  expect(findings(replaced("cluster-name: owl", "cluster-name: [$X]"))).toEqual([
    `8 error: ${RUNNER}.cluster-name is ["$X"] and must be text; put it in quotes`,
  ]);
  expect(findings(replaced("logging: {}", 'can-place-in-quarantine: "1"\nlogging: {}'))).toEqual([
    '1 error: can-place-in-quarantine is "1" and must be true or false',
  ]);
});

test("all of them, in the order of the file", () => {
  const text = replaced("cluster-name: owl", "cluster-name: ~")
    .replace("logging: {}", "logging: {a: 1}")
    .replace("max-models: 0", "max-models: x\t")
    .replace("poller:\n    type: yaml\n    path: m.yml", "{}");
  expect(findings(text).map((finding) => finding.split(" ").slice(0, 3).join(" "))).toEqual([
    "1 warning: logging.a",
    "8 error: infrastructure.runner.cluster-name",
    "17 error: has",
    "17 error: infrastructure.runner.max-models",
    "18 error: watcher.poller",
  ]);
});

test.each([
  ["cluster-name: owl", 'cluster-name: "$NAME"'],
  ["spawntee-port: 9010", "spawntee-port: ${PORT}"],
  ["spawntee-port: 9010", "spawntee-port: 90$PORT"],
  ["spawntee-port: 9010", 'spawntee-port: "9010"'],
  ["provision-factor: 0.5", 'provision-factor: "0.5"'],
  ["provision-factor: 0.5", 'provision-factor: "1"'],
])("%j as %j is read by the orchestrator", (from, to) => {
  expect(findings(replaced(from, to))).toEqual([]);
});

test("a byte order mark is none of its first line", () => {
  expect(findings(`\ufeff${LEAST}`)).toEqual([]);
  expect(findings(`\ufeff# x\n${replaced("owl", "5")}`)).toEqual([
    `9 error: ${RUNNER}.cluster-name is 5 and must be text; put it in quotes`,
  ]);
});

test.each([
  [
    "a: [",
    "1 error: is not valid YAML: is not indented consistently, or has a bracket that is not closed",
  ],
  [
    "a: 1\nb: 'x",
    "2 error: is not valid YAML: lacks a closing quote or bracket, a colon or a comma",
  ],
  ["a: 1\na: 2", "2 error: is not valid YAML: has the same key twice in one place"],
  ["a: 1\n\tb: 2", "2 error: is not valid YAML: is indented with a tab; use blanks"],
  ["a: 1\n---\nb: 1", "2 error: is not valid YAML: has more than one YAML document (---)"],
  ["a: b: c", "1 error: is not valid YAML: has a second colon in a line; quote the value"],
  [
    "a:\n   b: 1\n  c: 1",
    "3 error: is not valid YAML: is not indented consistently, or has a bracket that is not closed",
  ],
  ["a: &x 1\nb: &y *x", "2 error: is not valid YAML: has an alias (*name) with an anchor or a tag"],
  [
    "a: *nobody",
    "undefined error: is not valid YAML: has aliases (*name) that lead nowhere, or unfold without end",
  ],
  [
    "a: @x",
    "1 error: is not valid YAML: is wrong (Plain value cannot start with reserved character @)",
  ],
])("%j is no YAML", (text, finding) => {
  expect(findings(text)).toEqual([finding]);
});

describe("what PyYAML refuses and other parsers take", () => {
  const HAS_TAB = "has a tab where PyYAML allows blanks only";
  test.each([
    ["logging: {}\t# x", `1 error: ${HAS_TAB}`],
    ["logging:\t{}", `1 error: ${HAS_TAB}`],
    ["# a\t\n# b\nlogging: {}\t", `3 error: ${HAS_TAB}`],
    ["my: a#b\tc\nlogging: {}", `1 error: ${HAS_TAB}`],
    ["# é\u0007\nlogging: {}", "1 error: has the character U+0007, which PyYAML refuses"],
    ["logging: {}\n# \ufffe", "2 error: has the character U+FFFE, which PyYAML refuses"],
  ])("%j", (text, finding) => {
    expect(findings(replaced("logging: {}", text))).toContain(finding);
  });

  test.each([
    "logging: {} #\tx",
    "logging: {} # x\t",
    "#\tx\nlogging: {}",
    "# \u{1f989} \u0085 \u00a0 \ue000\nlogging: {}",
    'tournament-api-url: "a\tb"\nlogging: {}',
    "tournament-api-url: 'a\tb' #\t\nlogging: {}",
    "tournament-api-url: |\n  a\tb\n  \tc\nlogging: {}",
    "tournament-api-url: 'é\n  \tb'\nlogging: {}",
  ])("%j is accepted", (text) => {
    expect(findings(replaced("logging: {}", text))).toEqual([]);
  });
});
