import { describe, expect, test } from "vitest";
import type { AttestationFacts, Evidence } from "../../../src/core/attestation.ts";
import { sha256Hex } from "../../../src/core/compose-hash.ts";
import { BUILT_IN_TRUST } from "../../../src/trust/read-trust.ts";
import { CheckList } from "../../../src/trust/check-list.ts";
import { compareWithLast, type LastVerified } from "../../../src/trust/last-verified.ts";
import type { Trust } from "../../../src/trust/trust-file.ts";

const COMPOSE = "services: {}\n";
const APP_COMPOSE = JSON.stringify({ docker_compose_file: COMPOSE });
const REGISTERS = { mrtd: "1", rtmr0: "0", rtmr1: "2", rtmr2: "3", rtmr3: "4" };

const FACTS: AttestationFacts = {
  registers: REGISTERS,
  tcb_status: "UpToDate",
  advisories: [],
  tcb_evaluation_number: 20,
  fmspc: "00",
  collateral_expires: "2026-04-01T00:00:00.000Z",
  os_image: null,
  kms: null,
  key_provider_sha256: "aa",
  app_id: "ab".repeat(20),
  instance_id: null,
  compose_hash: sha256Hex(APP_COMPOSE),
  certificate_issued: null,
  pre_launch_script_sha256: null,
};
const LAST: LastVerified = { ...FACTS, at: "2026-03-01T00:00:00.000Z" };
const EVIDENCE: Evidence = { from: "cvm", quote: "", appCompose: APP_COMPOSE };

type Given = {
  readonly facts?: Partial<AttestationFacts>;
  readonly last?: Partial<LastVerified>;
  readonly own?: readonly string[];
  readonly trust?: Partial<Trust>;
};

function verdict({ facts, last, own = [], trust }: Given): string {
  const list = new CheckList();
  const since = { last: { ...LAST, ...last }, ownComposeFiles: new Set(own) };
  compareWithLast({ ...FACTS, ...facts }, since, {
    trust: { ...BUILT_IN_TRUST, ...trust },
    evidence: [EVIDENCE],
    list,
  });
  const [check] = list.checks;
  const changed = /at \S+ \(([^)]*)\)/.exec(check?.message ?? "")?.[1];
  return changed === undefined ? `${check?.result}` : `${check?.code}: ${changed}`;
}

const pinned = { registry: { app_id: FACTS.app_id ?? "", compose_hash: FACTS.compose_hash ?? "" } };

describe("a registry against its last verification", () => {
  test.each<[string, Given, string]>([
    ["the same", {}, "passed"],
    [
      "RTMR0 and RTMR3 differ",
      { facts: { registers: { ...REGISTERS, rtmr0: "9", rtmr3: "9" } } },
      "passed",
    ],
    ["another app", { last: { app_id: "cd" } }, "attest-changed: app_id"],
    ["another app-compose", { last: { compose_hash: "cd" } }, "attest-changed: compose_hash"],
    ...(["mrtd", "rtmr1", "rtmr2"] as const).map((name): [string, Given, string] => [
      `another ${name} of an OS image that nobody knows`,
      { facts: { registers: { ...REGISTERS, [name]: "9" } } },
      "attest-changed: OS image",
    ]),
    [
      "another unknown key provider",
      { last: { key_provider_sha256: "bb" } },
      "attest-changed: key provider",
    ],
    [
      "a record of an earlier version, and another known OS image",
      { last: { registers: null, os_image: "dstack-0.5.8" } },
      "attest-changed: OS image",
    ],
    [
      "a record of an earlier version, and another KMS",
      { last: { key_provider_sha256: null, kms: "phala" } },
      "attest-changed: key provider",
    ],
    [
      "no event log is shown any more",
      { facts: { app_id: null, compose_hash: null } },
      "unverified",
    ],
    [
      "an update that this machine has given it",
      { last: { compose_hash: "cd" }, own: [sha256Hex(COMPOSE)] },
      "passed",
    ],
    [
      "such an update, and another OS image",
      {
        last: { compose_hash: "cd", registers: { ...REGISTERS, rtmr2: "9" } },
        own: [sha256Hex(COMPOSE)],
      },
      "attest-changed: OS image",
    ],
    [
      "a file that is not ours",
      { last: { compose_hash: "cd" }, own: [sha256Hex("other")] },
      "attest-changed: compose_hash",
    ],
    ["pinned since", { last: { compose_hash: "cd", app_id: "cd" }, trust: pinned }, "passed"],
    [
      "pinned since, on another OS image",
      { last: { compose_hash: "cd", registers: { ...REGISTERS, rtmr1: "9" } }, trust: pinned },
      "attest-changed: OS image",
    ],
  ])("%s", (_, given, expected) => {
    expect(verdict(given)).toBe(expected);
  });
});
