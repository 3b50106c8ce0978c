/** Requirements and lint of the two compose files: the shipped pair is clean, each fault is found by itself. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseCompose, type ComposeFile } from "../../../src/compose/compose-file.ts";
import { lintBaseDomain } from "../../../src/compose/domains.ts";
import { lintComposeFiles } from "../../../src/compose/lint.ts";
import { registryRequirements, runnerRequirements } from "../../../src/compose/requirements.ts";
import type { Finding } from "../../../src/compose/finding.ts";

const settings = { spawnteePort: 9010, orchestratorSchema: "v1", coordinatorWallet: undefined } as const;

function shipped(role: "registry" | "runner"): string {
  return readFileSync(
    new URL(`../../../fixtures/compose/docker-compose.phala.${role}.yml`, import.meta.url),
    "utf8",
  );
}

/** The shipped file with one thing changed; fails where there is nothing to change. */
function file(role: "registry" | "runner", ...changes: readonly [from: string, to: string][]): ComposeFile {
  const text = changes.reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replaceAll(from, to);
  }, shipped(role));
  return parseCompose(text, `${role}.yml`);
}

const pair = { registry: file("registry"), runner: file("runner") };
const brief = (findings: readonly Finding[]): string[] => findings.map((f) => `${f.severity} ${f.id}`);

describe("requirements", () => {
  test("the shipped files meet them", () => {
    expect(registryRequirements(pair.registry, settings)).toEqual([]);
    expect(runnerRequirements(pair.runner, settings)).toEqual([]);
  });

  test.each(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "APPROVED_COMPOSE_HASH"])(
    "a registry without %s can't work",
    (name) => {
      const compose = file("registry", [`\${${name}`, "${OTHER:-x}${X:-"]);
      const [finding, ...more] = registryRequirements(compose, settings);
      expect(finding).toMatchObject({ id: "placeholder-missing", severity: "error" });
      expect(finding?.message).toContain(`registry.yml does not refer to \${${name}}`);
      expect(brief(more)).toEqual([]);
    },
  );

  test("a runner without the registry's address can't work", () => {
    const compose = file("runner", ["${REGISTRY_URL}", "https://fixed.example"]);
    expect(brief(runnerRequirements(compose, settings))).toEqual(["error placeholder-missing"]);
  });

  test("the spawntee port must be published; the message says what is", () => {
    const compose = file("runner", ['"9010:8080"', '"9011:8080"']);
    const [finding] = runnerRequirements(compose, settings);
    expect(finding).toMatchObject({ id: "port-not-published", severity: "error" });
    expect(finding?.message).toContain("9010 (only 9011, 50001");
    expect(runnerRequirements(compose, { ...settings, spawnteePort: 9011 })).toEqual([]);
  });

  test("a placeholder that nothing sets: empty with a warning, required with an error", () => {
    const empty = file("runner", ["MODE=runner", "MODE=${MY_MODE}"]);
    expect(brief(runnerRequirements(empty, settings))).toEqual(["warning placeholder-not-set"]);
    const required = file("runner", ["MODE=runner", "MODE=${MY_MODE:?set it}"]);
    expect(brief(runnerRequirements(required, settings))).toEqual(["error placeholder-not-set"]);
  });

  test("what one schema sets, another does not", () => {
    const compose = file("runner", ["MODE=runner", "MODEL_MEMORY_LIMIT_MB=${MODEL_MEMORY_LIMIT_MB}"]);
    expect(brief(runnerRequirements(compose, settings))).toEqual(["warning placeholder-not-set"]);
    expect(runnerRequirements(compose, { ...settings, orchestratorSchema: "v2" })).toEqual([]);
  });
});

describe("lint", () => {
  test("the shipped files are noted as privileged, and nothing else", () => {
    expect(brief(lintComposeFiles(pair, settings))).toEqual(["note privileged", "note privileged"]);
  });

  const PINNED = pair.runner.services[0]?.image ?? "";
  const cases: readonly [string, ComposeFile, readonly string[]][] = [
    [
      "a tag",
      file("runner", [PINNED, "x/spawntee:0.8.43"]),
      ["warning image-not-pinned", "warning images-differ"],
    ],
    ["another digest", file("runner", [PINNED, `${PINNED.slice(0, -1)}0`]), ["warning images-differ"]],
    ["debugging", file("runner", ["LOG_LEVEL=INFO", "DEBUG_MODE=true"]), ["warning debug-mode"]],
    [
      "debugging by default",
      file("runner", ["LOG_LEVEL=INFO", "DEBUG_MODE=${DEBUG_MODE:-1}"]),
      ["warning debug-mode"],
    ],
    ["debugging off", file("runner", ["LOG_LEVEL=INFO", "DEBUG_MODE=${DEBUG_MODE:-false}"]), []],
    [
      "a secret's default",
      file("runner", ["LOG_LEVEL=INFO", "T=${MY_TOKEN:-hunter2}"]),
      ["warning secret-default"],
    ],
    [
      "a secret's default beside a use without one",
      file("runner", ["LOG_LEVEL=INFO", "T=${MY_TOKEN}\n      - U=${MY_TOKEN:-hunter2}"]),
      ["warning secret-default"],
    ],
    [
      "a secret that is written in",
      file("runner", ["LOG_LEVEL=INFO", "DB_PASSWORD=hunter2"]),
      ["warning secret-written-in"],
    ],
    [
      "names that only look like a secret's",
      file("runner", [
        "LOG_LEVEL=INFO",
        "TOKEN_FILE=${TOKEN_FILE:-/run/token}\n      - MAX_TOKENS=4096\n      - API_KEY=/run/key\n      - TOKEN=false",
      ]),
      [],
    ],
    ["debugging as nothing sets it", file("runner", ["LOG_LEVEL=INFO", "DEBUG_MODE=$DEBUG_MODE"]), []],
    ["an empty default", file("runner", ["LOG_LEVEL=INFO", "T=${MY_TOKEN:-}"]), []],
    ["an unread name", file("runner", ["${CAPACITY_THRESHOLD:-0.8}", "0.8"]), ["warning name-not-read"]],
    ["CRLF", file("runner", ["\n", "\r\n"]), ["warning line-ends"]],
  ];

  test.each(cases)("%s", (_, runner, expected) => {
    const findings = lintComposeFiles({ ...pair, runner }, settings);
    const found = brief(findings).filter((line) => line !== "note privileged");
    expect(found).toEqual(expected);
    expect(JSON.stringify(findings)).not.toContain("hunter2");
    expect(findings.every(({ remedy }) => remedy.length > 10)).toBe(true);
  });

  test("settings that the registry does not read have no effect, which is noted", () => {
    const registry = file("registry", ["${AWS_REGION:-eu-west-1}", "eu-west-1"]);
    const findings = lintComposeFiles({ ...pair, registry }, settings);
    expect(brief(findings)).toEqual(["note privileged", "note privileged", "note name-not-read"]);
    expect(findings[2]?.message).toContain("--aws-region has no effect");
  });

  test("schema v2 gives a name more, which the shipped runner does not read", () => {
    const findings = lintComposeFiles(pair, {
      ...settings,
      orchestratorSchema: "v2",
      coordinatorWallet: "0xw",
    });
    expect(findings.filter(({ id }) => id === "name-not-read").map(({ message }) => message)).toEqual([
      expect.stringContaining("MODEL_MEMORY_LIMIT_MB"),
      expect.stringContaining("GATEWAY_AUTH_COORDINATOR_WALLET"),
    ]);
  });
});

describe("domains", () => {
  const home = { node: "prod10", baseDomain: "dstack-pha-prod10.phala.network" };
  const away = { node: "prod9", baseDomain: "dstack-pha-prod9.phala.network" };

  test("nothing to say on the node of the files' default", () => {
    expect(lintBaseDomain(pair, home, undefined)).toEqual([]);
  });

  test("on another node the registry is told the right one, the runners' file is to be mended", () => {
    const findings = lintBaseDomain(pair, away, undefined);
    expect(brief(findings)).toEqual(["note base-domain-default", "warning base-domain-runner"]);
    expect(findings[1]?.message).toContain("under a domain that does not reach them");
    expect(findings[1]?.remedy).toContain("${CVM_BASE_DOMAIN:-dstack-pha-prod9.phala.network} in runner.yml");
  });

  test("a domain that the operator gives and that is not the gateway's", () => {
    expect(lintBaseDomain(pair, home, home.baseDomain)).toEqual([]);
    const [finding, ...others] = lintBaseDomain(pair, home, "models.example.org");
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: "base-domain-given", severity: "warning" });
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
