/** From facts to what is said of a cluster. */
import { renderHint } from "../../../../src/core/command-hint.ts";
import { describe, expect, test } from "vitest";
import { composeHashOf } from "../../../../src/core/compose-hash.ts";
import type { InspectedCvm } from "../../../../src/commands/status/inspect-cluster.ts";
import { assess } from "../../../../src/commands/status/assess.ts";
import type { Knowledge } from "../../../../src/commands/status/knowledge.ts";
import {
  ago,
  appCompose,
  approval,
  APPROVED,
  HASH,
  knowledgeOf,
  snapshotOf,
  NAMES,
  recordOf,
  seen,
  TEXT,
} from "./facts.ts";

const findings = (cvms: readonly InspectedCvm[], knowledge: Partial<Knowledge> = {}): string[] =>
  assess("bird", snapshotOf(cvms), knowledgeOf(knowledge)).findings.map(
    ({ severity, code }) => `${severity} ${code}`,
  );

const WITH_KEY = appCompose({ allowed_envs: [...NAMES, "DSTACK_AUTHORIZED_KEYS"] });

test("a cluster in order has no finding", () => {
  const result = assess(
    "bird",
    snapshotOf([seen("registry"), seen("runner")], { skewMs: 60_000 }),
    knowledgeOf(),
  );
  expect(result.findings).toEqual([]);
  expect(result.drift).toMatchObject({ status: "approved", predicted_compose_hash: HASH });
  expect(result.cvms[1]).toMatchObject({
    age_seconds: 660, // by the server's clock
    capacity: { accepting_new_models: true, running_models: 3 },
    compose_hash_checked: true,
    approved: true,
  });
});

describe("the registry", () => {
  test.each<[string, string, Parameters<typeof seen>[1]]>([
    ["stopped", "registry-not-running", { cvm: { status: "stopped" }, health: undefined }],
    [
      "starting",
      "registry-not-running",
      { cvm: { status: "starting", inProgress: true }, health: undefined },
    ],
    ["silent", "registry-unhealthy", { health: { kind: "silent", detail: "no answer" } }],
    ["without an address", "registry-unhealthy", { health: undefined, url: null }],
    ["ailing", "registry-unhealthy", { says: { status: "unhealthy" } }],
    ["a runner", "wrong-mode", { says: { mode: "runner" } }],
    ["a web server", "wrong-service", { says: { service: null } }],
  ])("%s: %s", (_, code, change) => {
    expect(findings([seen("registry", change)])).toContain(`error ${code}`);
  });

  test("that is not there is the first thing to say, whatever else there is", () => {
    expect(findings([seen("runner")])).toEqual(["error no-registry"]);
  });

  test("a hash that is not its app-compose's, or no hash at all", () => {
    const wrong = { cvm: { composeHash: "0".repeat(64) } };
    expect(findings([seen("registry", wrong)])).toEqual(["error compose-hash-mismatch"]);
    expect(findings([seen("registry", { cvm: { composeHash: `0x${HASH}` } })])).toEqual([
      "error compose-hash-mismatch",
    ]);
    expect(
      findings([seen("registry", { cvm: { composeHash: null }, incomplete: "HTTP 500" })]),
    ).toEqual(["warning lookup-failed"]);
  });
});

const refusalOf = (knowledge: Partial<Knowledge>, runs = WITH_KEY) =>
  assess("bird", snapshotOf([seen("registry"), seen("runner", { runs })]), knowledgeOf(knowledge));

const compose = (lines: string) => appCompose({ docker_compose_file: `${TEXT}${lines}` });

describe("a runner that will be refused", () => {
  test("is compared with the approved app-compose that it is most like", () => {
    const older = appCompose({ docker_compose_file: "services: {}\n", public_logs: false });
    const hashes = [HASH, composeHashOf(older)];
    const {
      cvms,
      findings: [finding],
    } = refusalOf({
      record: recordOf({ approvals: [approval({ hashes })] }),
      recorded: new Map([
        [HASH, APPROVED],
        [composeHashOf(older), older],
      ]),
    });
    expect(cvms[1]?.refusal).toEqual({
      compared_with: { kind: "approved", compose_hash: HASH },
      differences: [
        { field: "allowed_envs", message: "environment names too many: DSTACK_AUTHORIZED_KEYS" },
      ],
    });
    expect(finding).toMatchObject({
      code: "runner-refused",
      severity: "error",
      cvm: "bird-runner-00000001",
    });
    expect(finding?.message).toContain("~/.ssh");
  });

  test("of two approved ones that differ in the same field, with that of fewer lines", () => {
    const [far, near] = [compose("a: 1\nb: 2\nc: 3\n"), compose("a: 1\n")];
    const hashes = [composeHashOf(near), composeHashOf(far)];
    const { cvms } = refusalOf(
      {
        record: recordOf({ approvals: [approval({ hashes })] }),
        recorded: new Map([near, far].map((one) => [composeHashOf(one), one])),
      },
      compose("a: 2\n"),
    );
    expect(cvms[1]?.refusal?.compared_with?.compose_hash).toBe(composeHashOf(near));
  });

  test("is compared with the prediction where no approved one is on record, else with nothing", () => {
    const predicted = refusalOf({ recorded: new Map() }).cvms[1]?.refusal;
    expect(predicted?.compared_with).toEqual({ kind: "predicted", compose_hash: HASH });
    const nothing = refusalOf({ recorded: new Map(), basis: undefined });
    expect(nothing.cvms[1]?.refusal).toEqual({ compared_with: null, differences: [] });
    expect(nothing.findings[0]?.message).toContain("no app-compose is recorded");
  });

  test("is one for rotate-hash where it is what the local file makes, else by its hash; never one to delete", () => {
    const text = `${TEXT}# changed\n`;
    const local = { path: "runner.yml", found: { kind: "file" as const, text } };
    const remedies = (runs: typeof APPROVED) =>
      refusalOf({ local }, runs).findings.map(({ remedy }) => renderHint(remedy ?? ""));
    const rotate = "tee-cluster rotate-hash";
    expect(remedies(appCompose({ docker_compose_file: text }))).toEqual([rotate, rotate]);
    expect(remedies(WITH_KEY)).toEqual([
      "tee-cluster status --json   # its whole hash, for rotate-hash --keep",
      rotate,
    ]);
  });
});

const remedies = (record: ReturnType<typeof recordOf>): string[] =>
  assess("bird", snapshotOf([seen("registry")]), knowledgeOf({ record })).findings.flatMap(
    ({ code, remedy }) =>
      code === "approved-list-unknown" ? [renderHint(remedy ?? "").split(" ")[1] ?? ""] : [],
  );

test("a registry whose init was interrupted is for init to go on with, another one for rotate-hash", () => {
  const appId = seen("registry").cvm.appId;
  const begun = { name: "bird-registry", appId, at: ago(60), run: "1" };
  const creations = [begun] as unknown as ReturnType<typeof recordOf>["registryCreations"];
  expect(remedies(recordOf({ approvals: [], registryCreations: creations }))).toEqual(["init"]);
  expect(remedies(recordOf({ approvals: [] }))).toEqual(["rotate-hash"]);
});

test("a runner that does not run is refused nothing", () => {
  const stopped = seen("runner", { runs: WITH_KEY, cvm: { status: "stopped" }, health: undefined });
  expect(findings([seen("registry"), stopped])).toEqual(["warning runner-not-running"]);
  expect(
    assess("bird", snapshotOf([seen("registry"), stopped]), knowledgeOf()).cvms[1]?.approved,
  ).toBe(false);
});

describe("a runner that is not well is a warning", () => {
  test.each<[string, Parameters<typeof seen>[1], string[]]>([
    ["silent", { health: { kind: "silent", detail: "no answer" } }, ["warning runner-silent"]],
    ["unhealthy", { says: { status: "unhealthy" } }, ["warning runner-unhealthy"]],
    ["in error", { cvm: { status: "error" }, health: undefined }, ["warning runner-not-running"]],
    ["booting", { cvm: { status: "starting", inProgress: true }, health: undefined }, []],
  ])("%s", (_, change, expected) => {
    expect(findings([seen("registry"), seen("runner", change)])).toEqual(expected);
  });
});

const leftover = (knowledge: Partial<Knowledge>, createdSecondsAgo = 600) => {
  const cvm = { createdAt: ago(createdSecondsAgo) };
  return assess(
    "bird",
    snapshotOf([seen("registry"), seen("temporary-runner", { cvm })]),
    knowledgeOf(knowledge),
  );
};

describe("a temporary runner", () => {
  const announced = {
    name: "bird-runner-temp",
    intent: "i1",
    intendedAt: ago(610),
    appId: "ab".repeat(20),
    settled: true,
    composeDigest: null,
    emptyNames: null,
  };
  const record = recordOf({ openTemporaryRunners: [announced] });

  test("of ours is left over, unless a run is in progress", () => {
    expect(leftover({ record }).cvms[1]?.leftover).toBe("ours");
    expect(leftover({ record }).findings[0]).toMatchObject({
      severity: "warning",
      code: "left-over-runner",
    });
    expect(leftover({ record, runInProgress: true }).cvms[1]?.leftover).toBe("in-use");
  });

  test("of others is in use while it is young, and abandoned later", () => {
    expect(leftover({}).findings.map(({ severity, code }) => [severity, code])).toEqual([
      ["note", "temporary-runner-in-use"],
    ]);
    expect(leftover({}, 3600).cvms[1]?.leftover).toBe("abandoned");
  });

  test("is not refused: it only lends its hash", () => {
    const cvms = [seen("registry"), seen("temporary-runner", { runs: WITH_KEY })];
    expect(assess("bird", snapshotOf(cvms), knowledgeOf()).cvms[1]).toMatchObject({
      approved: null,
      refusal: null,
    });
  });
});

const local = (found: Knowledge["local"]["found"]): Partial<Knowledge> => ({
  local: { path: "runner.yml", found },
});

describe("the local file", () => {
  test("that makes another hash is a problem, one that is missing only where it was named", () => {
    const changed = local({ kind: "file", text: `${TEXT}# changed\n` });
    expect(findings([seen("registry")], changed)).toEqual(["error runner-compose-not-approved"]);
    expect(findings([seen("registry")], local({ kind: "missing", expected: false }))).toEqual([
      "note runner-compose-missing",
    ]);
    expect(findings([seen("registry")], local({ kind: "missing", expected: true }))).toEqual([
      "warning runner-compose-missing",
    ]);
    const unusable = local({ kind: "unusable", message: "is not YAML", advice: undefined });
    expect(findings([seen("registry")], unusable)).toEqual(["warning runner-compose-unusable"]);
  });

  test("without a basis can't be predicted, which is no finding", () => {
    const result = assess(
      "bird",
      snapshotOf([seen("registry")]),
      knowledgeOf({ basis: undefined }),
    );
    expect(result.drift).toEqual({
      runner_compose: "runner.yml",
      predicted_compose_hash: null,
      status: "unknown",
      basis: null,
    });
    expect(result.findings).toEqual([]);
  });
});

test("with schema v2 a runner that is not on our list may be accepted: a warning, and not known", () => {
  const { cvms, findings: all } = refusalOf({ schema: "v2" });
  expect(cvms[1]).toMatchObject({
    approved: null,
    refusal: { compared_with: { compose_hash: HASH } },
  });
  const [finding] = all;
  expect(all).toHaveLength(1);
  expect(finding).toMatchObject({ code: "runner-not-on-list", severity: "warning" });
  expect(finding?.message).toContain(
    "is not on our list; accepted if the orchestrator pushed it, refused after the registry's next restart",
  );
  expect(finding?.remedy).not.toContain("delete");
  const listed = assess(
    "bird",
    snapshotOf([seen("registry"), seen("runner")]),
    knowledgeOf({ schema: "v2" }),
  );
  expect([listed.cvms[1]?.approved, listed.findings]).toEqual([true, []]);
});

const announcing = (value: string, names: readonly string[] = NAMES) =>
  appCompose({
    docker_compose_file: `services:\n  spawn:\n    image: spawntee:1\n    environment:\n      - CVM_BASE_DOMAIN=${value}\n`,
    allowed_envs: [...names],
  });
const domainFindings = (runs: typeof APPROVED): readonly string[] => {
  const known = { record: recordOf({ approvals: [approval({ hashes: [composeHashOf(runs)] })] }) };
  const runner = seen("runner", { runs, cvm: { nodeName: "prod9", baseDomain: "prod9.example" } });
  const result = assess("bird", snapshotOf([seen("registry"), runner]), knowledgeOf(known));
  return result.findings
    .filter(({ code }) => code === "runner-domain-differs")
    .map(({ message, severity, remedy }) => `${severity}: ${message}, ${JSON.stringify(remedy)}`);
};

describe("the domain that a runner's app-compose announces", () => {
  test.each([
    ["a default", "${CVM_BASE_DOMAIN:-prod10.example}"],
    ["written in", "prod10.example"],
  ])("is another node's, as %s: a warning, without advice to write one node's in", (_, value) => {
    expect(domainFindings(announcing(value))).toEqual([
      "warning: bird-runner-00000001 is on node prod9, whose gateway is prod9.example, and its app-compose announces prod10.example: models on it are announced under a domain that does not reach them, null",
    ]);
  });

  test.each([
    ["its own node's", announcing("prod9.example")],
    ["none", APPROVED],
    [
      "the one that it was given",
      announcing("${CVM_BASE_DOMAIN:-prod10.example}", [...NAMES, "CVM_BASE_DOMAIN"]),
    ],
    ["in no compose file at all", appCompose({ docker_compose_file: "services: [" })],
  ])("is %s: no finding", (_, runs) => {
    expect(domainFindings(runs)).toEqual([]);
  });
});

test("a pushed list: kept is a note, lost a warning, and a runner that had it is refused", () => {
  const other = appCompose({ docker_compose_file: `${TEXT}# pushed\n` });
  const push = approval({ via: "api", hashes: [HASH, composeHashOf(other)], at: ago(100) });
  const knowledge = { record: recordOf({ approvals: [approval(), push] }) };
  const runner = seen("runner", { runs: other });
  expect(findings([seen("registry"), runner], knowledge)).toEqual(["note approved-until-restart"]);
  expect(findings([seen("registry", { says: { uptimeSeconds: 50 } }), runner], knowledge)).toEqual([
    "error runner-refused",
    "warning approval-lost",
  ]);
});
