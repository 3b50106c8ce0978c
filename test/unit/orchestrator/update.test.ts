/** An existing orchestrator.yml: what is ours is brought up to date, every other character stays. */
import type { InputKey } from "../../../src/core/settings.ts";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { renderConfig, updateConfig } from "../../../src/orchestrator/config.ts";
import { diffLines } from "../../../src/lib/line-diff.ts";
import { orchestratorSchemas } from "../../../src/orchestrator/schemas.ts";
import { V2, values } from "./settings.ts";

const FILE = "orchestrator.yml";

/** As a person keeps it: other indentation, order, quotes, comments and keys of their own. */
const BY_HAND = `# ours since 2025
crunches:   # the list
- {id: bird_tracker, name: 'bird tracker', infrastructure: {zone: phala}}
watcher: {interval: 30, poller: {type: yaml, path: "\${MODELS}"}}

infrastructure:
    publishers:
    - type: rabbitmq        # not the default
      url: "\${RABBIT_URL}"
    runner:
        max-models: 12      # as agreed with finance
        instance-type: &size tdx.medium

        # ask Ann before touching
        cluster-name: 'bird-tracker'
        type: phala
        phala-api-url: https://cloud-api.phala.network
        cluster-urls:
        - https://0123456789abcdef0123456789abcdef01234567-<model-port>.dstack-pha-prod10.phala.network
        registry-compose-path: model_orchestrator/data/docker-compose.phala.registry.yml
        runner-compose-path: >-
            model_orchestrator/data/docker-compose.phala.runner.yml
        spawntee-port: 9010
        request-timeout: 15
        memory-per-model-mb: 1024
        provision-factor: 0.8
        my-own: key
    database: {type: sqlite, path: /data/o.db}
logging: {level: debug}
notes: *size
`;

const upToDate = values({ maxModels: 12 });

test.each([
  ["ours", renderConfig(values()), values()],
  ["ours, v2", renderConfig(values(V2)), values(V2)],
  ["one made by hand", BY_HAND, upToDate],
  ["one with CRLF and a byte order mark", `\ufeff${BY_HAND.replaceAll("\n", "\r\n")}`, upToDate],
])("%s that is up to date comes back byte for byte", (_, text, wanted) => {
  expect(updateConfig(text, wanted, FILE)).toBe(text);
});

test("one changed value changes its own characters only, and a second run nothing", () => {
  const updated = updateConfig(BY_HAND, values({ maxModels: 3 }), FILE);
  expect(updated).toBe(BY_HAND.replace("max-models: 12 ", "max-models: 3 "));
  expect(updateConfig(updated, values({ maxModels: 3 }), FILE)).toBe(updated);
});

test("an anchored, a folded and a listed value are changed where they stand; aliases follow", () => {
  const wanted = {
    ...values({ maxModels: 12, instanceType: "tdx.large", runnerCompose: "r.yml" }),
  };
  const updated = updateConfig(
    BY_HAND,
    { ...wanted, clusterUrls: ["https://new-<model-port>.x"] },
    FILE,
  );
  expect(diffLines(BY_HAND, updated)).toEqual([
    "-         instance-type: &size tdx.medium",
    '+         instance-type: &size "tdx.large"',
    "-         - https://0123456789abcdef0123456789abcdef01234567-<model-port>.dstack-pha-prod10.phala.network",
    '+         - "https://new-<model-port>.x"',
    "-         runner-compose-path: >-",
    "-             model_orchestrator/data/docker-compose.phala.runner.yml",
    '+         runner-compose-path: "r.yml"',
  ]);
  expect(parse(updated)).toMatchObject({ notes: "tdx.large" });
});

test("CRLF stays CRLF in lines that are added", () => {
  const text = BY_HAND.replaceAll("\n", "\r\n").replace(/ +spawntee-port: 9010\r\n/, "");
  const updated = updateConfig(text, upToDate, FILE);
  expect(updated.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(parse(updated)).toEqual(parse(BY_HAND));
});

test("a missing key of ours is added in its place, with its comment", () => {
  const text = renderConfig(values());
  const without = text.replace(/^ +# Estimated.*\n +memory-per-model-mb.*\n/m, "");
  expect(without).not.toBe(text);
  expect(updateConfig(without, values(), FILE)).toBe(text);
});

test("missing sections are added, present ones are left alone", () => {
  const updated = updateConfig("# mine\nlogging:\n  level: trace\n", values(), FILE);
  expect(updated.startsWith("# mine\nlogging:\n  level: trace\n")).toBe(true);
  expect(orchestratorSchemas.v1.parse(parse(updated)).logging.level).toBe("trace");
});

test.each(["", "\n\n", "---\n", "# only a comment\n"])(
  "the empty file %j gets the whole config",
  (text) => {
    const updated = updateConfig(text, values(), FILE);
    expect(orchestratorSchemas.v1.safeParse(parse(updated)).success).toBe(true);
    expect(updated).toContain(text.trim());
  },
);

test("a text without a line break at its end, and an infrastructure without a runner", () => {
  const updated = updateConfig(
    "infrastructure:\n  database: {type: sqlite, path: x.db}",
    values(),
    FILE,
  );
  const config = orchestratorSchemas.v1.parse(parse(updated));
  expect(config.infrastructure.database.path).toBe("x.db");
});

test("flow style is changed too, and what is not ours says the same as before", () => {
  const before = JSON.stringify(parse(renderConfig(values())));
  const updated = updateConfig(
    before,
    values({ clusterName: "owl", registryCompose: "$X.yml" }),
    FILE,
  );
  expect(updated).not.toContain("$");
  const config = orchestratorSchemas.v1.parse(parse(before));
  Object.assign(config.infrastructure.runner, {
    "cluster-name": "owl",
    "registry-compose-path": "$X.yml",
  });
  expect(parse(updated)).toEqual(config);
});

test("a value of ours with a bare dollar is written anew: the orchestrator would expand it", () => {
  const wanted = values({ registryCompose: "$HOME/r.yml" });
  const bare = renderConfig(wanted).replace(String.raw`\u0024HOME`, "$HOME");
  expect(updateConfig(bare, wanted, FILE)).toBe(renderConfig(wanted));
});

describe("the other schema", () => {
  test("v1 to v2 drops what v2 refuses, comments of ours with it", () => {
    const updated = updateConfig(renderConfig(values()), values(V2), FILE);
    expect(orchestratorSchemas.v2.safeParse(parse(updated)).success).toBe(true);
    expect(updated).not.toMatch(/cluster-urls|<model-port>|registry-compose|provision/);
  });

  test("v2 to v1", () => {
    const updated = updateConfig(renderConfig(values(V2)), values(), FILE);
    expect(orchestratorSchemas.v1.parse(parse(updated))).toEqual(parse(renderConfig(values())));
  });
});

describe("sections that the operator owns", () => {
  const change = {
    watcher: { type: "onchain", url: "http://localhost:3000" },
    watcherIntervalSeconds: 5,
    crunches: [
      { id: "bird_tracker", name: "Birds" },
      { id: "owl", name: "Owls" },
    ],
  } as const;
  const text = renderConfig(values()).replace(
    'zone: "phala"',
    'zone: "phala"\n    run-schedule: {x: 1}',
  );

  test("stay without being told", () => {
    expect(updateConfig(text, values(change), FILE)).toBe(text);
  });

  test("change when told, and keep what only they know", () => {
    const all = new Set<InputKey>(["crunches", "watcher", "watcherIntervalSeconds"]);
    const updated = updateConfig(text, values(change, all), FILE);
    expect(parse(updated)).toMatchObject({
      watcher: { interval: 5, poller: change.watcher },
      crunches: [
        { id: "bird_tracker", name: "Birds", "run-schedule": { x: 1 } },
        { id: "owl", name: "Owls", infrastructure: { zone: "phala" } },
      ],
    });
    expect(updateConfig(updated, values(change, all), FILE)).toBe(updated);
  });

  test("only the interval", () => {
    const updated = updateConfig(
      text,
      values(change, new Set<InputKey>(["watcherIntervalSeconds"])),
      FILE,
    );
    expect(diffLines(text, updated)).toEqual(["-   interval: 10", "+   interval: 5"]);
  });
});

test.each([
  "- a list",
  "just text",
  "a: [",
  "a: 1\na: 2\n",
  "infrastructure: {runner: 5}",
  "infrastructure: []",
  "a: 1\n---\nb: 2\n",
])("%j is not written over", (text) => {
  expect(() => updateConfig(text, values(), FILE)).toThrow(
    expect.objectContaining({ code: "config-unreadable", kind: "conflict" }),
  );
});

test("a file for another kind of runners is not written over", () => {
  const text = "infrastructure:\n  runner:\n    type: local\n    docker-network-name: null\n";
  expect(() => updateConfig(text, values(), FILE)).toThrow(
    expect.objectContaining({ code: "config-other-runner", kind: "conflict" }),
  );
});

test("a diff names what goes and what comes", () => {
  expect(diffLines("a\nb\nc\n", "a\nx\nc\nd\n")).toEqual(["- b", "+ x", "+ d"]);
  expect(diffLines("", "a\n")).toEqual(["+ a"]);
  expect(diffLines("a\r\n", "a\n")).toEqual([]);
});
