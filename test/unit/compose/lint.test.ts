/** Findings on compose files: the shipped pair is clean, each fault is found by itself, with its line and remedy. */
import { renderHint } from "../../../src/core/command-hint.ts";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CATALOGUE, type ComposeFinding } from "../../../src/compose/catalogue.ts";
import { parseCompose, type ComposeFile } from "../../../src/compose/compose-file.ts";
import { lintBaseDomain } from "../../../src/compose/domains.ts";
import { composeFindings, pairFindings } from "../../../src/compose/lint.ts";
import type { ComposeSettings, Role } from "../../../src/compose/rules/context.ts";
import { describeFinding } from "../../../src/core/finding.ts";

const V1: ComposeSettings = {
  spawnteePort: 9010,
  orchestratorSchema: "v1",
  coordinatorWallet: undefined,
};
const V2: ComposeSettings = { ...V1, orchestratorSchema: "v2", coordinatorWallet: "0xw" };

function shipped(role: Role): string {
  return readFileSync(
    new URL(`../../../fixtures/compose/docker-compose.phala.${role}.yml`, import.meta.url),
    "utf8",
  );
}

type Change = readonly [from: string, to: string];

/** The shipped file with one thing changed; fails where there is nothing to change. */
function file(role: Role, ...changes: readonly Change[]): ComposeFile {
  const text = changes.reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replaceAll(from, () => to);
  }, shipped(role));
  return parseCompose(text, `${role}.yml`);
}

const pair = { registry: file("registry"), runner: file("runner") };
const IMAGE = pair.runner.services[0]?.image ?? "";
const brief = (findings: readonly ComposeFinding[]): string[] =>
  findings.map((f) => `${f.severity} ${f.code}`);

/** Without the note that the shipped files have: spawntee is privileged. */
const findingsIn = (role: Role, compose: ComposeFile, settings: ComposeSettings = V2) =>
  composeFindings(role, compose, settings).filter(
    ({ code, severity }) => code !== "privileged" || severity !== "note",
  );

describe("the shipped files", () => {
  test.each([V1, V2])("are privileged, and nothing else: $orchestratorSchema", (settings) => {
    for (const role of ["registry", "runner"] as const) {
      expect(brief(composeFindings(role, pair[role], settings))).toEqual(["note privileged"]);
    }
    expect(pairFindings(pair, settings)).toEqual([]);
  });
});

/** In place of this line of the shipped files go the lines of the cases. */
const LOG = "      - LOG_LEVEL=INFO\n";
const SERVICE = "  spawn-service:\n";
const env = (...lines: readonly string[]): Change => [
  LOG,
  lines.map((line) => `      - ${line}\n`).join(""),
];
const inService = (...lines: readonly string[]): Change => [
  SERVICE,
  SERVICE + lines.map((line) => `    ${line}\n`).join(""),
];
const PORT: Change = ['"9010:8080"', "$PORT"];
const port = (entry: string): Change => [PORT[0], entry];
const atTop = (...lines: readonly string[]): Change => [
  "services:\n",
  `${lines.join("\n")}\nservices:\n`,
];
const sidecar = (...lines: readonly string[]): Change => [
  "\nvolumes:\n  spawntee-tasks:",
  `  other:\n    image: ${IMAGE}\n${lines.map((line) => `    ${line}\n`).join("")}\nvolumes:\n  spawntee-tasks:`,
];
const without = (line: string): Change => [`      - ${line}\n`, ""];
const APPROVED = "APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH:-}";
const HASH = "a".repeat(64);

type Case = readonly [
  about: string,
  role: Role,
  changes: readonly Change[],
  expected: readonly string[],
  /** A part of what is shown. */
  shows?: string,
];

const CASES: readonly Case[] = [
  // What docker compose refuses.
  [
    "a misspelt key",
    "runner",
    [inService("enviroment: [A=1]")],
    ["error compose-invalid"],
    "`enviroment: [A=1]`",
  ],
  ["a key at the top", "runner", [atTop("service: {}")], ["error compose-invalid"], "runner.yml:"],
  ["an extension", "runner", [atTop("x-any: {a: b}"), inService("x-other: 1")], []],
  [
    "a port without a list",
    "runner",
    [sidecar("ports: 80")],
    ["error compose-invalid"],
    "must be a list",
  ],
  [
    "a key without a value",
    "runner",
    [sidecar("ports:")],
    ["error compose-invalid"],
    "`services.other.ports` must be a list and has no value",
  ],
  ["no boolean", "runner", [["privileged: true", "privileged: maybe"]], ["error compose-invalid"]],
  ["a boolean as text", "runner", [["privileged: true", 'privileged: "true"']], []],
  ["a boolean by interpolation", "runner", [["privileged: true", "privileged: ${PRIV:-true}"]], []],
  ["a number as text", "runner", [inService('scale: "1"')], []],
  [
    "a number as image",
    "runner",
    [[`image: ${IMAGE}`, "image: 12"]],
    ["error compose-invalid", "warning image-not-pinned"],
  ],
  [
    "a name with a blank",
    "runner",
    [["\nvolumes:\n  sp", `  "a b": {image: ${IMAGE}}\n\nvolumes:\n  sp`]],
    ["error compose-invalid"],
  ],
  [
    "newer keys",
    "runner",
    [inService("annotations: {a: b}", "gpus: all", "post_start: [{command: x}]", "attach: false")],
    [],
  ],
  [
    "a blank in a variable",
    "runner",
    [env("X=${LOG LEVEL}")],
    ["error interpolation-invalid"],
    "`${LOG LEVEL}`",
  ],
  [
    "an unclosed variable",
    "runner",
    [inService('hostname: "${HOST"')],
    ["error interpolation-invalid"],
    "service spawn-service",
  ],
  ["a lone dollar sign", "runner", [env("PRICE=5$")], ["error interpolation-invalid"], "`$`"],
  [
    "a dollar sign outside of services",
    "runner",
    [["driver: local", 'driver: "$"']],
    ["error interpolation-invalid"],
  ],
  ["two dollar signs", "runner", [env("PRICE=5$$")], []],
  [
    "an undeclared volume",
    "runner",
    [["\nvolumes:\n  spawntee-tasks:\n    driver: local\n", ""]],
    ["error undeclared-reference"],
    '"spawntee-tasks"',
  ],
  ["an undeclared network", "runner", [inService("networks: [n]")], ["error undeclared-reference"]],
  ["the default network", "runner", [inService("networks: [default]")], []],
  [
    "an undeclared config",
    "runner",
    [inService("configs: [{source: c}]")],
    ["error undeclared-reference"],
  ],
  ["an undeclared secret", "runner", [inService("secrets: [s]")], ["error undeclared-reference"]],
  [
    "an unknown dependency",
    "runner",
    [inService("depends_on: {db: {condition: service_started}}")],
    ["error undeclared-reference"],
  ],
  [
    "another service's network",
    "runner",
    [sidecar('network_mode: "service:nobody"')],
    ["error undeclared-reference"],
  ],
  [
    "declared ones",
    "runner",
    [
      atTop("configs: {c: {content: x}}"),
      inService("configs: [c]", "depends_on: [other]"),
      sidecar("hostname: h"),
    ],
    [],
  ],
  [
    "an external network",
    "runner",
    [atTop("networks: {n: {external: true}}")],
    ["error external-resource"],
  ],
  [
    "an external network of old",
    "runner",
    [atTop("networks: {n: {external: {name: m}}}")],
    ["error external-resource"],
  ],
  ["a network that is not external", "runner", [atTop('networks: {n: {external: "false"}}')], []],
  ["somebody's container", "runner", [sidecar("pid: container:x")], ["error external-resource"]],
  // What exists only on the operator's machine.
  ["a build", "runner", [inService("build: .")], ["error build-local"], "`build: .`"],
  [
    "a build elsewhere",
    "runner",
    [inService("build: https://github.com/x/y.git")],
    ["warning built-on-cvm"],
  ],
  ["no image", "runner", [[`    image: ${IMAGE}\n`, ""]], ["error image-missing"]],
  [
    "an env_file",
    "runner",
    [inService("env_file: .env")],
    ["error local-file"],
    ".env is not there",
  ],
  [
    "several env_files",
    "runner",
    [inService("env_file: [{path: a.env}, {path: b.env, required: false}]")],
    ["error local-file", "warning local-file"],
  ],
  [
    "an absolute env_file",
    "runner",
    [inService("env_file: [/dstack/x.env]")],
    ["warning local-file"],
  ],
  [
    "an extends of another file",
    "runner",
    [inService("extends: {file: base.yml, service: a}")],
    ["error local-file"],
  ],
  [
    "an include",
    "runner",
    [atTop("include: [{path: [a.yml, b.yml]}]")],
    ["error local-file"],
    "a.yml, b.yml is not there",
  ],
  [
    "a config's file",
    "runner",
    [atTop("configs: {c: {file: ./c.conf}}")],
    ["error local-file"],
    "configs.c",
  ],
  [
    "a secret's file",
    "runner",
    [atTop("secrets: {s: {file: ~/s.txt}}")],
    ["error local-file"],
    "secrets.s",
  ],
  [
    "a relative mount",
    "runner",
    [["- spawntee-tasks:", "- ./tasks:"]],
    ["error local-mount"],
    "./tasks is an empty folder",
  ],
  ["a home mount", "runner", [["- spawntee-tasks:", "- ~/tasks:"]], ["error local-mount"]],
  [
    "a mount of a variable",
    "runner",
    [["- spawntee-tasks:", "- ${DIR:-../tasks}:"]],
    ["error local-mount"],
  ],
  [
    "a mount at length",
    "runner",
    [["- spawntee-tasks:/opt/spawntee-tasks", "- {type: bind, source: tasks, target: /t}"]],
    ["error local-mount"],
  ],
  [
    "a volume on a folder",
    "runner",
    [["driver: local", "driver_opts: {type: none, o: bind, device: ./x}"]],
    ["error local-mount"],
  ],
  // Services that never run or can't be reached.
  [
    "a profile",
    "runner",
    [inService("profiles: [debug]")],
    ["error service-never-runs"],
    "the profile debug",
  ],
  ["no profile", "runner", [inService("profiles: []")], []],
  ["scale 0", "runner", [inService("scale: 0")], ["error service-never-runs"]],
  ["replicas 0", "runner", [inService("deploy: {replicas: 0}")], ["error service-never-runs"]],
  [
    "another platform",
    "runner",
    [inService("platform: linux/arm64")],
    ["error service-never-runs"],
    "linux/arm64",
  ],
  ["this platform", "runner", [inService("platform: linux/amd64")], []],
  [
    "another service that never runs",
    "runner",
    [sidecar("profiles: [x]", "privileged: true")],
    ["warning service-never-runs"],
  ],
  [
    "another port",
    "runner",
    [port('"9011:8080"')],
    ["error port-not-published"],
    "port 9010 (only 9011, 50001",
  ],
  ["no host port", "runner", [port('"8080"')], ["error port-not-published"]],
  [
    "a port for the CVM itself",
    "runner",
    [port('"127.0.0.1:9010:8080"')],
    ["error port-unreachable"],
    "127.0.0.1",
  ],
  [
    "a port for UDP",
    "runner",
    [port('"9010:8080/udp"')],
    ["error port-unreachable"],
    "for UDP only",
  ],
  ["a port on no network", "runner", [inService("network_mode: none")], ["error port-unreachable"]],
  ["a port by default", "runner", [port('"${PORT:-9010}:8080"')], []],
  [
    "the host's network",
    "runner",
    [inService("network_mode: host"), port('"9011:8080"')],
    ["note host-namespace"],
  ],
  // Variables.
  [
    "no access key",
    "registry",
    [without("AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID}")],
    ["error placeholder-missing"],
    "${AWS_ACCESS_KEY_ID}",
  ],
  [
    "no secret key",
    "registry",
    [without("AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}")],
    ["error placeholder-missing"],
  ],
  ["no approved list", "registry", [without(APPROVED)], ["error placeholder-missing"]],
  [
    "no registry",
    "runner",
    [["${REGISTRY_URL}", "https://fixed.example"]],
    ["error placeholder-missing"],
    "`- REGISTRY_URL=https://fixed.example`",
  ],
  [
    "a variable by name alone",
    "registry",
    [["AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID}", "AWS_ACCESS_KEY_ID"]],
    [],
  ],
  [
    "a variable on the command line",
    "runner",
    [
      ["      - REGISTRY_URL=${REGISTRY_URL}\n", ""],
      inService('command: ["--registry=${REGISTRY_URL}"]'),
    ],
    [],
  ],
  [
    "another variable",
    "registry",
    [[APPROVED, "APPROVED_COMPOSE_HASH=${APPROVED_HASHES:-}"]],
    ["error placeholder-missing"],
  ],
  [
    "a text that is there if a variable is",
    "registry",
    [[APPROVED, "APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH:+}"]],
    ["error placeholder-missing"],
  ],
  [
    "a misspelt name",
    "registry",
    [["- AWS_ACCESS_KEY_ID=", "- AWS_ACESS_KEY_ID="]],
    ["error variable-misspelt"],
    "not AWS_ACESS_KEY_ID",
  ],
  [
    "a misspelt setting",
    "runner",
    [["- CAPACITY_THRESHOLD=", "- CAPACITY_TRESHOLD="]],
    ["warning variable-misspelt"],
  ],
  [
    "the list in another service",
    "registry",
    [without(APPROVED), sidecar(`environment: ["${APPROVED}"]`)],
    ["error variable-in-other-service"],
    "service other",
  ],
  [
    "a placeholder in a comment",
    "registry",
    [[`- ${APPROVED}`, `# ${APPROVED}`]],
    ["error placeholder-missing"],
  ],
  [
    "a quoted mode",
    "registry",
    [["MODE=${MODE:-registry+runner}", 'MODE="registry+runner"']],
    ["error value-quoted"],
    "part of the value that MODE gets",
  ],
  [
    "a quoted placeholder",
    "registry",
    [["=${AWS_ACCESS_KEY_ID}", "='${AWS_ACCESS_KEY_ID}'"]],
    ["error value-quoted"],
  ],
  ["another quoted value", "runner", [env('X="y"')], ["warning value-quoted"]],
  ["a quoted entry", "runner", [env('"X=y"')], []],
  ["a name twice", "runner", [env("X=1", "X=2")], ["warning variable-twice"]],
  [
    "a name of ours twice",
    "runner",
    [env("REGISTRY_URL=https://old.example")],
    ["error variable-twice"],
  ],
  ["a blank before the sign", "runner", [env("X =1")], ["error variable-malformed"]],
  [
    "the list required",
    "registry",
    [[APPROVED, "APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH:?}"]],
    ["error required-but-empty"],
    "step 3",
  ],
  [
    "the domain required",
    "registry",
    [["${CVM_BASE_DOMAIN:-dstack-pha-prod10.phala.network}", "${CVM_BASE_DOMAIN:?set it}"]],
    ["error required-but-empty"],
  ],
  [
    "required, and empty will do",
    "registry",
    [[APPROVED, "APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH?}"]],
    [],
  ],
  ["required, and there", "registry", [["{AWS_ACCESS_KEY_ID}", "{AWS_ACCESS_KEY_ID:?}"]], []],
  [
    "newer files have no defaults",
    "registry",
    [
      [":-dstack-pha-prod10.phala.network}", "}"],
      [":-eu-west-1}", "}"],
      ["_WALLET:-}", "_WALLET}"],
    ],
    [],
  ],
  ["nothing sets it", "runner", [env("X=${X}")], ["warning placeholder-not-set"], "on a runner"],
  [
    "nothing sets it, and it is required",
    "runner",
    [env("X=${X:?}")],
    ["error placeholder-not-set"],
  ],
  [
    "the wallet does not get to the registry",
    "registry",
    [without("GATEWAY_AUTH_COORDINATOR_WALLET=${GATEWAY_AUTH_COORDINATOR_WALLET:-}")],
    ["error wallet-not-passed"],
  ],
  [
    "the wallet does not get to the runner",
    "runner",
    [without("GATEWAY_AUTH_COORDINATOR_WALLET=${GATEWAY_AUTH_COORDINATOR_WALLET:-}")],
    ["error wallet-not-passed"],
  ],
  [
    "a fixed wallet",
    "registry",
    [["${GATEWAY_AUTH_COORDINATOR_WALLET:-}", "0xother"]],
    ["error wallet-not-passed"],
  ],
  [
    "the wrong file for the registry",
    "registry",
    [["${MODE:-registry+runner}", "runner"]],
    ["error mode-wrong"],
  ],
  [
    "the wrong file for the runner",
    "runner",
    [["MODE=runner", "MODE=${MODE:-registry+runner}"]],
    ["error mode-wrong"],
  ],
  ["an unread name", "runner", [["${CAPACITY_THRESHOLD:-0.8}", "0.8"]], ["warning name-not-read"]],
  [
    "an unread setting",
    "registry",
    [["${AWS_REGION:-eu-west-1}", "eu-west-1"]],
    ["note name-not-read"],
    "--aws-region has no effect",
  ],
  // Fail-open and secrets.
  [
    "a default approves",
    "registry",
    [[APPROVED, `APPROVED_COMPOSE_HASH=\${APPROVED_COMPOSE_HASH:-${HASH}}`]],
    ["error approved-hash-default"],
    "fail-open",
  ],
  [
    "a default approves where it is not set",
    "registry",
    [[APPROVED, `APPROVED_COMPOSE_HASH=\${APPROVED_COMPOSE_HASH-${HASH}}`]],
    ["error approved-hash-default"],
  ],
  [
    "a hash beside the list",
    "registry",
    [[APPROVED, `APPROVED_COMPOSE_HASH=${HASH},\${APPROVED_COMPOSE_HASH}`]],
    ["error placeholder-missing", "error approved-hash-default"],
  ],
  [
    "a secret's default",
    "runner",
    [env("T=${MY_TOKEN:-hunter2}")],
    ["error secret-default"],
    "${MY_TOKEN:-…}",
  ],
  [
    "beside a use without one",
    "runner",
    [env("T=${MY_TOKEN:-hunter2}", "U=${MY_TOKEN:-}")],
    ["error secret-default"],
  ],
  [
    "a secret that is written in",
    "runner",
    [env("DB_PASSWORD=hunter2")],
    ["warning secret-written-in"],
    "DB_PASSWORD=…",
  ],
  [
    "names that only look so",
    "runner",
    [
      env(
        "TOKEN_FILE=${TOKEN_FILE:-/run/token}",
        "MAX_TOKENS=4096",
        "API_KEY=/run/key",
        "TOKEN=false",
      ),
    ],
    [],
  ],
  ["an empty default", "runner", [env("T=${MY_TOKEN:-}")], []],
  // Security.
  [
    "debugging on the registry",
    "registry",
    [env("DEBUG_MODE=true")],
    ["error debug-mode"],
    "shows the AWS keys",
  ],
  ["debugging by default", "registry", [env("DEBUG_MODE=${DEBUG_MODE:-1}")], ["error debug-mode"]],
  ["debugging off", "registry", [env("DEBUG_MODE=${DEBUG_MODE:-false}")], []],
  ["debugging as nothing sets it", "registry", [env("DEBUG_MODE=${DEBUG_MODE:-}")], []],
  ["debugging on a runner", "runner", [env("DEBUG_MODE=true")], ["warning debug-mode"]],
  ["a web shell", "registry", [sidecar("command: ttyd bash")], ["error web-shell"]],
  [
    "alpine-ttypd",
    "registry",
    [
      [
        "\nvolumes:\n  sp",
        `  alpine-ttypd:\n    image: ${IMAGE}\n    network_mode: host\n    pid: host\n    privileged: true\n    volumes: ["/:/host"]\n\nvolumes:\n  sp`,
      ],
    ],
    [
      "error web-shell",
      "warning privileged",
      "warning host-mount",
      "warning host-namespace",
      "warning host-namespace",
    ],
    "service alpine-ttypd",
  ],
  [
    "the sockets that spawntee needs",
    "runner",
    [
      [
        "- spawntee-tasks:",
        "- /dstack:/dstack\n      - /var/run/docker.sock:/var/run/docker.sock\n      - spawntee-tasks:",
      ],
    ],
    [],
  ],
  [
    "docker's socket for another",
    "runner",
    [sidecar('volumes: ["/var/run/docker.sock:/s"]')],
    ["warning host-mount"],
  ],
  [
    "another path of the CVM",
    "runner",
    [["- spawntee-tasks:", "- /etc/localtime:/etc/localtime:ro\n      - spawntee-tasks:"]],
    ["note host-mount"],
  ],
  [
    "the whole CVM",
    "runner",
    [["- spawntee-tasks:", "- /:/host\n      - spawntee-tasks:"]],
    ["warning host-mount"],
  ],
  [
    "another service's port",
    "runner",
    [sidecar('ports: ["7681:7681", "127.0.0.1:1:1"]')],
    ["warning port-exposed"],
    "port 7681",
  ],
  ["a port for the CVM", "runner", [sidecar('ports: ["127.0.0.1:7681:7681"]')], []],
  ["another privileged service", "runner", [sidecar("privileged: true")], ["warning privileged"]],
  ["a tag", "runner", [[IMAGE, "x/spawntee:0.8.43"]], ["warning image-not-pinned"]],
  ["CRLF", "runner", [["\n", "\r\n"]], ["warning line-ends"]],
];

describe("one fault, one finding", () => {
  test.each(CASES.map(([a, b, c, d, e]) => [a, b, c, d, e] as const))(
    "%s (%s)",
    (_, role, changes, expected, shows) => {
      const compose = file(role, ...changes);
      const findings = findingsIn(role, compose);
      expect(brief(findings)).toEqual(expected);
      const shown = findings.map(describeFinding);
      for (const text of shown) expect(text.startsWith(`${role}.yml`)).toBe(true);
      expect(shown[0] ?? "").toContain(shows ?? "");
      expect(JSON.stringify(findings)).not.toContain("hunter2");
      for (const { severity, code, remedy } of findings) {
        expect(CATALOGUE[code].severities).toContain(severity);
        expect(renderHint(remedy ?? "").length).toBeGreaterThan(10);
      }
    },
  );

  test("a finding names file, line, service, text and remedy", () => {
    const [finding] = findingsIn("runner", file("runner", inService("env_file: prod.env")));
    expect(finding).toMatchObject({
      file: "runner.yml",
      line: 11,
      service: "spawn-service",
      text: "env_file: prod.env",
    });
    expect(finding && describeFinding(finding)).toMatch(
      /^runner\.yml:11: service spawn-service: `env_file: prod\.env`: only the text/,
    );
  });

  test("every code that a rule may give is tried here", () => {
    const tried = new Set(
      CASES.flatMap(([, , , expected]) => expected.map((line) => line.split(" ")[1])),
    );
    const rest = Object.keys(CATALOGUE).filter(
      (code) => !tried.has(code) && !code.startsWith("base-domain"),
    );
    expect(rest).toEqual(["images-differ"]);
  });
});

describe("settings decide", () => {
  test("the port that is given", () => {
    const compose = file("runner", port('"9011:8080"'));
    expect(brief(findingsIn("runner", compose, { ...V2, spawnteePort: 9011 }))).toEqual([]);
  });

  test("schema v1 has no wallet and no memory limit: nothing sets them", () => {
    const compose = file("runner", ["MODEL_MEMORY_LIMIT_MB:-}", "MODEL_MEMORY_LIMIT_MB}"]);
    expect(brief(findingsIn("runner", compose, V2))).toEqual([]);
    expect(brief(findingsIn("runner", compose, V1))).toEqual(["warning placeholder-not-set"]);
    const fixed = file("registry", ["${GATEWAY_AUTH_COORDINATOR_WALLET:-}", "0xother"]);
    expect(brief(findingsIn("registry", fixed, V1))).toEqual([]);
  });

  test("a domain that is given is there from the start", () => {
    const compose = file("registry", [
      "${CVM_BASE_DOMAIN:-dstack-pha-prod10.phala.network}",
      "${CVM_BASE_DOMAIN:?}",
    ]);
    expect(brief(findingsIn("registry", compose, { ...V2, cvmBaseDomain: "x.example" }))).toEqual(
      [],
    );
  });

  test("who insists on a debugging registry is warned", () => {
    const compose = file("registry", env("DEBUG_MODE=true"), sidecar("command: ttyd bash"));
    const insisting = { ...V2, allowDebugRegistry: true };
    expect(brief(findingsIn("registry", compose, insisting))).toEqual([
      "warning debug-mode",
      "warning web-shell",
    ]);
  });

  test("further variables are set, and looked at with their values", () => {
    const compose = file("registry", env("X=${X}", "DEBUG_MODE=${DEBUG_MODE}"));
    const findings = findingsIn("registry", compose);
    expect(brief(findings)).toEqual(["warning placeholder-not-set", "warning placeholder-not-set"]);
    expect(findings[0]?.remedy).toContain("--registry-env X");
    const registryEnv = [
      { name: "X", value: "1" },
      { name: "DEBUG_MODE", value: "true" },
    ];
    expect(brief(findingsIn("registry", compose, { ...V2, registryEnv }))).toEqual([
      "error debug-mode",
    ]);
  });
});

test("two images of spawntee", () => {
  const runner = file("runner", [IMAGE, `${IMAGE.slice(0, -1)}0`]);
  const [finding] = pairFindings({ ...pair, runner }, V2);
  expect(finding).toMatchObject({
    code: "images-differ",
    severity: "warning",
    file: "runner.yml",
    line: 11,
  });
});

describe("domains", () => {
  const home = { node: "prod10", baseDomain: "dstack-pha-prod10.phala.network" };
  const away = { node: "prod9", baseDomain: "dstack-pha-prod9.phala.network" };

  test("nothing to report on the node of the files' default", () => {
    expect(lintBaseDomain(pair, home, undefined)).toEqual([]);
  });

  test("on another node the registry gets the right one; the runners' file has it wrong there", () => {
    const findings = lintBaseDomain(pair, away, undefined);
    expect(brief(findings)).toEqual(["note base-domain-default", "warning base-domain-runner"]);
    expect(findings[1]?.message).toContain("under a domain that does not reach them");
    // Runners land on any node: another node's domain would be as wrong.
    expect(findings[1]?.remedy).not.toContain("prod9");
  });

  test("a domain that the operator gives and that is not the gateway's", () => {
    expect(lintBaseDomain(pair, home, home.baseDomain)).toEqual([]);
    const [finding, ...others] = lintBaseDomain(pair, home, "models.example.org");
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ code: "base-domain-given", severity: "warning" });
    expect(finding?.message).toContain("CVM_BASE_DOMAIN is models.example.org");
  });

  test("a domain that is written in can't be set for the registry either", () => {
    const registry = file("registry", [
      "${CVM_BASE_DOMAIN:-dstack-pha-prod10.phala.network}",
      home.baseDomain,
    ]);
    expect(brief(lintBaseDomain({ ...pair, registry }, away, undefined))).toEqual([
      "warning base-domain-fixed",
      "warning base-domain-runner",
    ]);
  });

  test("a gateway that the orchestrator would not find", () => {
    const findings = lintBaseDomain(pair, { ...home, node: "tee-7" }, undefined);
    expect(brief(findings)).toEqual(["warning base-domain-orchestrator"]);
    expect(findings[0]?.message).toContain("dstack-pha-tee-7.phala.network");
  });
});
