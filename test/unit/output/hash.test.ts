/** What a person reads of the three answers of `hash`; at 80 columns nothing is broken. */
import { expect, test } from "vitest";
import type { AnyResult as CommandResult } from "../../../src/core/results.ts";
import type { HashExplanation, HashExport, HashResult } from "../../../src/commands/hash/result.ts";
import { harness, HASH } from "./harness.ts";

function answer(result: CommandResult, quiet = false): string {
  const { reporter, out } = harness({ quiet });
  reporter.finish(result);
  return out.text;
}

const OTHER = "0badc0de".repeat(8);
const AT = "2026-11-24T19:29:31.000Z";

const PREDICTION: HashResult = {
  ok: false,
  command: "hash",
  action: "predict",
  cluster: "bird-tracker",
  compose_hash: HASH,
  runner_compose: "deploy/docker-compose.phala.runner.yml",
  environment_names: ["REGISTRY_URL", "CAPACITY_THRESHOLD"],
  basis: { kind: "recorded", compose_hash: OTHER, at: AT, from: "/state/bird-tracker" },
  approved: false,
  approved_compose_hashes: [OTHER],
  remedy: "tee-cluster rotate-hash",
  differences: [{ field: "docker_compose_file", message: "the compose file differs: …" }],
  compose_changes: ["-     image: x:1", "+     image: x:2"],
  warnings: [],
};

test("a hash that is not approved: the bare hash first, why, and what to do", () => {
  expect(answer(PREDICTION)).toMatchInlineSnapshot(`
    "3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e

      Cluster      bird-tracker
      Approved     no: another hash is; the registry would refuse such runners
      Compose      deploy/docker-compose.phala.runner.yml
                   +1 -1 lines since the runner below
      Environment  REGISTRY_URL
                   CAPACITY_THRESHOLD
      Rests on     a temporary runner of 2026-11-24 19:29 UTC
                   0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de

      -     image: x:1
      +     image: x:2

    Next:
      tee-cluster rotate-hash
    "
  `);
  expect(answer(PREDICTION, true)).toBe(`${HASH}\n`);
});

test("approved, and the text is the one that the prediction rests on", () => {
  const same = {
    ok: true,
    approved: true,
    remedy: null,
    differences: [],
    compose_changes: [],
  } as const;
  expect(answer({ ...PREDICTION, ...same })).toMatchInlineSnapshot(`
    "3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e

      Cluster      bird-tracker
      Approved     yes
      Compose      deploy/docker-compose.phala.runner.yml
                   unchanged since the runner below
      Environment  REGISTRY_URL
                   CAPACITY_THRESHOLD
      Rests on     a temporary runner of 2026-11-24 19:29 UTC
                   0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de
    "
  `);
});

test("from a live runner, with nothing known of what is approved", () => {
  const basis = {
    kind: "live-runner",
    compose_hash: OTHER,
    at: null,
    from: "bird-tracker-runner-0a1b2c3d",
  } as const;
  const differences = [
    { field: "allowed_envs", message: "environment names missing: X" },
    { field: "docker_compose_file", message: "the compose file differs in its line ends" },
  ];
  const unknown = {
    approved: null,
    approved_compose_hashes: [],
    compose_changes: [],
    differences,
    basis,
  };
  expect(answer({ ...PREDICTION, ...unknown, remedy: "there: do this\nhere: do that" }))
    .toMatchInlineSnapshot(`
      "3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e

        Cluster      bird-tracker
        Approved     unknown: no approved list is recorded
        Compose      deploy/docker-compose.phala.runner.yml
                     other line ends, other environment names since the runner below
        Environment  REGISTRY_URL
                     CAPACITY_THRESHOLD
        Rests on     the live runner bird-tracker-runner-0a1b2c3d
                     0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de

      To find out:
        there: do this
        here: do that
      "
    `);
});

test("a change of many lines is shown by its beginning", () => {
  const lines = Array.from({ length: 50 }, (_, index) => `+ line ${index}`);
  const text = answer({ ...PREDICTION, compose_changes: lines });
  expect(text).toContain("+50 -0 lines");
  expect(text).toContain("line 39\n  and 10 more\n");
  expect(text).not.toContain("line 40");
});

const EXPLANATION: HashExplanation = {
  ok: true,
  command: "hash",
  action: "explain",
  cluster: "bird-tracker",
  compose_hash: HASH,
  app_compose: {
    docker_compose_file: "services:\n  spawn-service:\n    image: x:1\n",
    pre_launch_script: "#!/bin/sh\ntrue\n",
  },
  environment_names: ["REGISTRY_URL", "CAPACITY_THRESHOLD"],
  read_back_at: AT,
  approved: true,
  approved_at: "2026-11-24T19:31:00.000Z",
  local: { runner_compose: "runner.yml", differences: [], compose_changes: [] },
  previous: {
    compose_hash: OTHER,
    differences: [
      { field: "docker_compose_file", message: "the compose file differs: …" },
      { field: "pre_launch_script", message: "pre_launch_script differs: + true" },
    ],
    compose_changes: ["-     image: x:0", "+     image: x:1"],
  },
  warnings: [],
};

test("an explanation: what is known of it, what changed, and the whole compose text", () => {
  expect(answer(EXPLANATION)).toMatchInlineSnapshot(`
    "3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e

      Cluster      bird-tracker
      Read back    2026-11-24 19:29 UTC
      Approved     yes, on the list of 2026-11-24 19:31 UTC
      Environment  REGISTRY_URL
                   CAPACITY_THRESHOLD
      Script       pre_launch_script, sha256 9ab8fabc8c72...; whole with --json

    The local runner.yml against it:
      no difference

    It against the one approved before:
      0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de
      pre_launch_script differs: + true

      -     image: x:0
      +     image: x:1

    Compose file:

    services:
      spawn-service:
        image: x:1
    "
  `);
  expect(answer(EXPLANATION, true)).toBe(EXPLANATION.app_compose.docker_compose_file);
});

test("one that was dropped, and one that never was approved", () => {
  const alone = { ...EXPLANATION, approved: false, local: null, previous: null };
  expect(answer(alone)).toContain("no more, it was on the list of 2026-11-24 19:31 UTC");
  const never = answer({ ...alone, approved_at: null, read_back_at: null });
  expect(never).toContain("no, never");
  expect(never).toContain("not recorded");
});

test("a record that was written, and how it is used", () => {
  const written: HashExport = {
    ok: true,
    command: "hash",
    action: "export",
    cluster: "bird-tracker",
    file: "deploy/hash record.json",
    changed: true,
    basis: { compose_hash: HASH, at: AT },
    approved_compose_hashes: [OTHER, HASH],
    warnings: [],
  };
  expect(answer(written)).toMatchInlineSnapshot(`
    "deploy/hash record.json is written.

      Cluster   bird-tracker
      Rests on  a temporary runner of 2026-11-24 19:29 UTC
                3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e
      Approved  0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de
                3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e

    Next:
      tee-cluster hash --check --record 'deploy/hash record.json'
    "
  `);
  expect(answer({ ...written, changed: false })).toContain("is up to date.");
  expect(answer(written, true)).toBe("deploy/hash record.json\n");
});
