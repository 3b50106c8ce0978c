/** What the published schemas refuse; what the program really prints is held against them where it is run. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { readSchema, schemaNames, validator } from "../helpers/schemas.ts";

const registry = {
  name: "a-registry",
  app_id: "00",
  vm_uuid: "00",
  url: "https://00-9010.example.com",
  node: "prod10",
  base_domain: "example.com",
  mode: "registry+runner",
};
const hash = "0".repeat(64);
const steps = Array.from({ length: 10 }, (_, index) => ({
  number: index + 1,
  id: "collect-inputs",
  status: "done",
  duration_ms: 1,
}));
const initResult = {
  ok: true,
  command: "init",
  changed: true,
  cluster: "a",
  registry,
  runner_compose_hash: hash,
  approved_compose_hashes: [hash],
  orchestrator_config: "orchestrator.yml",
  attestation: { result: "none", checks: [] },
  steps,
  warnings: [],
  notes: [],
};
const failure = {
  ok: false,
  command: "init",
  error: { code: "internal-error", message: "m", hint: null, step: null },
  left_behind: [],
};
const check = {
  id: "node",
  title: "Node",
  kind: "prerequisite",
  severity: "error",
  status: "failed",
  detail: "d",
};
const doctorResult = {
  ok: false,
  command: "doctor",
  checks: [{ ...check, remedy: "r" }],
  warnings: [],
};

const finding = { code: "no-registry", severity: "error", message: "m", remedy: null, cvm: null };
const unknownList = (hashes: readonly string[] | null) => ({
  standing: "unknown",
  compose_hashes: hashes,
  lost: [],
  via: null,
  recorded_at: null,
});
const statusResult = {
  ok: true,
  command: "status",
  cluster: "a",
  at: "2026-01-01T00:00:00.000Z",
  cvms: [],
  approved_list: unknownList(null),
  drift: null,
  attestation: null,
  findings: [],
};
const cvm = {
  name: "a-registry",
  role: "registry",
  app_id: null,
  vm_uuid: null,
  status: "running",
  in_progress: false,
  node: null,
  instance_type: null,
  created_at: null,
  age_seconds: 0,
  url: null,
  health: null,
  mode: null,
  uptime_seconds: null,
  unanswered: null,
  capacity: null,
  compose_hash: null,
  compose_hash_checked: null,
  approved: null,
  refusal: null,
  leftover: null,
};
const historyResult = {
  ok: true,
  command: "history",
  cluster: "a",
  file: "f",
  head: null,
  verified: null,
  problem: null,
  total: 0,
  entries: [],
  warnings: [],
};
const hashRecord = {
  hash_record: 1,
  cluster: "a",
  api_host: "h",
  basis: { compose_hash: hash, at: "2026-01-01T00:00:00.000Z" },
  approved: null,
  app_composes: { [hash]: { name: "" } },
};
const sandboxResult = {
  ok: true,
  command: "sandbox",
  state: "running",
  running: true,
  url: "http://127.0.0.1:1",
  gateway_url: "g",
  api_key: "k",
  variables: { A: "a" },
};

test("the documents that the next test spoils are right before it does", () => {
  expect(validator("init")(initResult)).toBe(true);
  expect(validator("failure")(failure)).toBe(true);
  expect(validator("doctor")(doctorResult)).toBe(true);
  expect(validator("status")({ ...statusResult, cvms: [cvm] })).toBe(true);
  expect(validator("status")({ ...statusResult, ok: false, findings: [finding] })).toBe(true);
  expect(validator("history")(historyResult)).toBe(true);
  expect(validator("hash-record")(hashRecord)).toBe(true);
  expect(validator("sandbox")(sandboxResult)).toBe(true);
  const config = {
    "cluster-name": "bird-tracker",
    node: 12,
    timeout: "1.5m",
    crunch: ["a=b", "c"],
    "max-models": 0,
  };
  expect(validator("config")(config)).toBe(true);
});

test.each([
  ["init", "a failure", failure],
  ["init", "a hash in capitals", { ...initResult, runner_compose_hash: "A".repeat(64) }],
  ["init", "an empty approved list", { ...initResult, approved_compose_hashes: [] }],
  ["init", "a step too few", { ...initResult, steps: steps.slice(1) }],
  ["init", "another mode", { ...initResult, registry: { ...registry, mode: "runner" } }],
  ["failure", "a success", initResult],
  [
    "failure",
    "no hint",
    { ...failure, error: { code: "internal-error", message: "m", step: null } },
  ],
  ["failure", "an unknown step", { ...failure, error: { ...failure.error, step: "think" } }],
  [
    "doctor",
    "a failed note",
    { ...doctorResult, checks: [{ ...check, severity: "note", remedy: "r" }] },
  ],
  ["doctor", "a failed check without a remedy", { ...doctorResult, checks: [check] }],
  ["dry-run", "a finished init", initResult],
  ["init", "a hash twice", { ...initResult, approved_compose_hashes: [hash, hash] }],
  [
    "init",
    "a url without a scheme",
    { ...initResult, registry: { ...registry, url: "example.com" } },
  ],
  ["init", "a code with blanks", { ...initResult, warnings: [{ code: "a b", message: "m" }] }],
  ["status", "ok in spite of an error", { ...statusResult, findings: [finding] }],
  [
    "status",
    "a list where nothing is known",
    { ...statusResult, approved_list: unknownList([hash]) },
  ],
  ["status", "a refused registry", { ...statusResult, cvms: [{ ...cvm, approved: false }] }],
  [
    "history",
    "ok in spite of a problem",
    { ...historyResult, problem: { line: 1, reason: "torn", message: "m" } },
  ],
  ["hash-record", "an old format", { ...hashRecord, hash_record: 0 }],
  ["hash-record", "an app-compose under no hash", { ...hashRecord, app_composes: { a: {} } }],
  ["config", "a port that does not exist", { "spawntee-port": 70_000 }],
  ["config", "a secret", { "phala-api-key": "phak_x" }],
  ["config", "a share above one", { "provision-factor": 1.5 }],
  ["config", "a name that Phala refuses", { "cluster-name": "bird--tracker" }],
  ["config", "a duration without a unit", { timeout: "10" }],
  ["sandbox", "another host", { ...sandboxResult, url: "http://10.0.0.1:1" }],
])("%s refuses %s", (name, _what, document) => {
  expect(validator(name)(document)).toBe(false);
});

test("each of them is a JSON Schema", () => {
  const ajv = new Ajv2020();
  for (const name of schemaNames()) {
    void ajv.validateSchema(readSchema(name));
    expect(ajv.errors ?? [], name).toEqual([]);
  }
});
