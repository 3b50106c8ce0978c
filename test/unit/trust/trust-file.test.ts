import { describe, expect, it } from "vitest";
import { amendTrust, BUILT_IN_TRUST } from "../../../src/trust/read-trust.ts";
import { findDifferences, pinRunning, type Running } from "../../../src/trust/differences.ts";
import { findUntrustedCode } from "../../../src/trust/runs-code.ts";
import { parseTrustFile, renderTrustFile, type Trust } from "../../../src/trust/trust-file.ts";
import { sha256Hex } from "../../../src/core/compose-hash.ts";

const parse = (value: unknown): Trust => parseTrustFile(JSON.stringify(value), "t.json");
const SCRIPT = "echo hello\n";

const RUNNING: Running = {
  facts: {
    registers: {
      mrtd: "1".repeat(96),
      rtmr0: "0".repeat(96),
      rtmr1: "2".repeat(96),
      rtmr2: "3".repeat(96),
      rtmr3: "4".repeat(96),
    },
    tcb_status: "UpToDate",
    advisories: [],
    tcb_evaluation_number: 20,
    fmspc: "00",
    collateral_expires: "2026-04-01T00:00:00.000Z",
    os_image: null,
    key_provider_sha256: null,
    kms: "phala",
    app_id: "ab".repeat(20),
    instance_id: null,
    compose_hash: "cd".repeat(32),
    certificate_issued: null,
    pre_launch_script_sha256: sha256Hex(SCRIPT),
  },
  appCompose: {
    docker_compose_file: "services: {}\n",
    pre_launch_script: SCRIPT,
    init_script: "run me",
  },
};

describe("a trust file", () => {
  it("is read as it is written, and the built-in one is one", () => {
    const text = renderTrustFile(BUILT_IN_TRUST);
    expect(parseTrustFile(text, "t.json")).toEqual(BUILT_IN_TRUST);
    expect(renderTrustFile(parseTrustFile(text, "t.json"))).toBe(text);
  });

  it.each<[string, (trust: Trust) => unknown, string]>([
    ["an unknown key", (trust) => ({ ...trust, allow_all: true }), "allow_all"],
    ["an unknown key within", (trust) => ({ ...trust, tcb: { ...trust.tcb, any: 1 } }), "tcb"],
    [
      "upper-case hex",
      (trust) => ({ ...trust, intel_root_sha256: trust.intel_root_sha256.toUpperCase() }),
      "lower-case hex",
    ],
    ["a list out of order", (trust) => ({ ...trust, os: trust.os.toReversed() }), "sorted"],
    ["something twice", (trust) => ({ ...trust, kms: [...trust.kms, ...trust.kms] }), "sorted"],
    [
      "a revoked platform",
      (trust) => ({ ...trust, tcb: { ...trust.tcb, accept: ["Revoked"] } }),
      "tcb.accept",
    ],
    ["another version", (trust) => ({ ...trust, version: 2 }), "version"],
  ])("with %s is refused", (_, change, named) => {
    expect(() => parse(change(BUILT_IN_TRUST))).toThrow(named);
  });

  it("that is not JSON is refused", () => {
    expect(() => parseTrustFile("{", "t.json")).toThrow(
      "invalid trust file t.json: it is not JSON",
    );
  });
});

describe("what runs", () => {
  it("differs in its image, its script, its field and its registry; the KMS is known", () => {
    const found = findDifferences(BUILT_IN_TRUST, RUNNING);
    expect(found.map(({ key }) => key)).toEqual([
      "os",
      "pre_launch_scripts",
      "app_compose_fields",
      "registry",
    ]);
    expect(found.find(({ key }) => key === "pre_launch_scripts")?.text).toBe(SCRIPT);
  });

  it("is trusted once it is pinned, and its image known by its registers", () => {
    const pinned = pinRunning(BUILT_IN_TRUST, RUNNING, "seen");
    expect(parseTrustFile(renderTrustFile(pinned), "t.json")).toEqual(pinned);
    const image = pinned.os.find(({ rtmr2 }) => rtmr2 === "3".repeat(96));
    const facts = { ...RUNNING.facts, os_image: image?.name ?? null };
    expect(findDifferences(pinned, { ...RUNNING, facts })).toEqual([]);
    const other = {
      ...RUNNING,
      appCompose: { ...RUNNING.appCompose, init_script: "run me too" },
      facts,
    };
    expect(findDifferences(pinned, other).map(({ key }) => key)).toEqual(["app_compose_fields"]);
  });
});

describe("one run may trust more", () => {
  const nothing = { acceptTcb: [], trustScript: [], seenEvaluation: 0 };

  it("a status and a script, and goes back behind no evaluation that was seen", () => {
    const more = { acceptTcb: ["OutOfDate"], trustScript: [sha256Hex(SCRIPT)], seenEvaluation: 20 };
    const { tcb, pre_launch_scripts: scripts } = amendTrust(BUILT_IN_TRUST, more);
    expect(tcb.accept).toEqual(["OutOfDate", "SWHardeningNeeded", "UpToDate"]);
    expect(tcb.min_evaluation_number).toBe(20);
    expect(scripts.map(({ sha256 }) => sha256)).toEqual([sha256Hex(SCRIPT)]);
  });

  it("but neither a revoked platform nor what is not a digest", () => {
    expect(() => amendTrust(BUILT_IN_TRUST, { ...nothing, acceptTcb: ["Revoked"] })).toThrow(
      "--accept-tcb",
    );
    expect(() => amendTrust(BUILT_IN_TRUST, { ...nothing, trustScript: ["abc"] })).toThrow(
      "--trust-script",
    );
  });
});

describe("what runs code in an app-compose", () => {
  it.each([
    ["init_script", "echo"],
    ["bash_script", "echo"],
    ["docker_config", { url: "registry.example" }],
    ["runner", "bash"],
    ["key_provider", "local"],
    ["something_new", { x: 1 }],
  ])("%s is not trusted", (field, value) => {
    expect(
      findUntrustedCode({ [field]: value }, BUILT_IN_TRUST).fields.map((one) => one.field),
    ).toEqual([field]);
  });

  it("what every deployment has is", () => {
    const usual = {
      docker_compose_file: "services: {}\n",
      allowed_envs: ["A"],
      runner: "docker-compose",
      pre_launch_script: "",
      docker_config: {},
      init_script: null,
      public_logs: true,
    };
    expect(findUntrustedCode(usual, BUILT_IN_TRUST)).toEqual({ script: undefined, fields: [] });
  });

  it("a script that was trusted before stays trusted, another one does not", () => {
    const trusted = new Set([sha256Hex(SCRIPT)]);
    expect(
      findUntrustedCode({ pre_launch_script: SCRIPT }, BUILT_IN_TRUST, trusted).script,
    ).toBeUndefined();
    const other = findUntrustedCode(
      { pre_launch_script: `${SCRIPT}#` },
      BUILT_IN_TRUST,
      trusted,
    ).script;
    expect(other?.sha256).toBe(sha256Hex(`${SCRIPT}#`));
  });
});
