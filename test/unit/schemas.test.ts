/** What the published schemas refuse; what the program really prints is held against them where it is run. */
import { expect, test } from "vitest";
import { validator } from "../helpers/schemas.ts";

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
  cluster: "a",
  registry,
  runner_compose_hash: hash,
  approved_compose_hashes: [hash],
  orchestrator_config: "orchestrator.yml",
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
const doctorResult = { ok: false, command: "doctor", checks: [{ ...check, remedy: "r" }], warnings: [] };

test("the documents that the next test spoils are right before it does", () => {
  expect(validator("init")(initResult)).toBe(true);
  expect(validator("failure")(failure)).toBe(true);
  expect(validator("doctor")(doctorResult)).toBe(true);
});

test.each([
  ["init", "a failure", failure],
  ["init", "a hash in capitals", { ...initResult, runner_compose_hash: "A".repeat(64) }],
  ["init", "an empty approved list", { ...initResult, approved_compose_hashes: [] }],
  ["init", "a step too few", { ...initResult, steps: steps.slice(1) }],
  ["init", "another mode", { ...initResult, registry: { ...registry, mode: "runner" } }],
  ["failure", "a success", initResult],
  ["failure", "no hint", { ...failure, error: { code: "internal-error", message: "m", step: null } }],
  ["failure", "an unknown step", { ...failure, error: { ...failure.error, step: "think" } }],
  ["doctor", "a failed note", { ...doctorResult, checks: [{ ...check, severity: "note", remedy: "r" }] }],
  ["doctor", "a failed check without a remedy", { ...doctorResult, checks: [check] }],
  ["dry-run", "a finished init", initResult],
])("%s refuses %s", (name, _what, document) => {
  expect(validator(name)(document)).toBe(false);
});
