/** An orchestrator.yml of the operator's: only what is given is changed, and every other byte stays. */
import * as fc from "fast-check";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { diffLines } from "../../../src/lib/line-diff.ts";
import { configChanges, renderChange } from "../../../src/orchestrator/config-changes.ts";
import { renderConfig, updateConfig } from "../../../src/orchestrator/config.ts";
import { configFindings } from "../../../src/orchestrator/findings.ts";
import { otherOwner } from "../../../src/orchestrator/file-owner.ts";
import {
  RUNNER_KEY_OF_INPUT,
  type RunnerInput,
  readSettings,
} from "../../../src/orchestrator/read-settings.ts";
import { V2, values } from "./settings.ts";

const FILE = "orchestrator.yml";
const update = (text: string, ...args: Parameters<typeof values>): string =>
  updateConfig(text, values(...args), FILE);
const edited = renderConfig(values())
  .replace("max-models: 0", "max-models: 50   # as agreed with finance")
  .replace('instance-type: "tdx.medium"', "instance-type: tdx.xlarge");

test("what nobody gave stays, whatever the defaults are", () => {
  expect(update(edited, {}, new Set())).toBe(edited);
  expect(update(edited, { maxModels: 7 }, new Set(["maxModels"]))).toBe(edited.replace("50", "7"));
});

describe("crunches", () => {
  const list = `crunches:
  # our first competition
  - id: bird_tracker   # since 2024
    name: \${ZONE} birds
    onchain-name: $ONCHAIN
    infrastructure: {zone: phala}
  - id: other
    name: other
    version: 1.10`;
  const rest = renderConfig(values()).split("\ncrunches:")[0] ?? "";
  const text = `${rest}\n${list}`;
  const add = (crunches: { id: string; name: string }[]): string =>
    update(text, { crunches }, new Set(["crunches"]));

  test("one is appended; the lines that were there stay, comments, variables and 1.10 too", () => {
    const added = '\n  - id: "new"\n    name: "New"\n    infrastructure:\n      zone: "phala"';
    expect(add([{ id: "new", name: "New" }])).toBe(text + added);
  });

  test("one that is there gets the name that is given, and none where none is given", () => {
    expect(add([{ id: "other", name: "Others" }])).toBe(
      text.replace("name: other", 'name: "Others"'),
    );
    expect(add([{ id: "bird_tracker", name: "bird tracker" }])).toBe(text);
  });

  test.each([
    [
      "[{id: a, name: a}, ]",
      '[{id: a, name: a}, {"id": "new", "name": "New", "infrastructure": {"zone": "phala"}}, ]',
    ],
    ["[]", '\n  - id: "new"\n    name: "New"\n    infrastructure:\n      zone: "phala"'],
    [
      "\n- id: a\n  name: |\n    A\n    B",
      '\n- id: a\n  name: |\n    A\n    B\n- id: "new"\n  name: "New"\n  infrastructure:\n    zone: "phala"',
    ],
  ])("in the style of the list: %j", (before, after) => {
    const given = [
      { crunches: [{ id: "new", name: "New" }] },
      new Set(["crunches"] as const),
    ] as const;
    const file = `${rest}\ncrunches: ${before}\n`.replace("crunches: \n", "crunches:\n");
    const wanted = `${rest}\ncrunches: ${after}\n`.replace("crunches: \n", "crunches:\n");
    expect(update(file, ...given)).toBe(wanted);
  });

  test("a list that is an alias can't be changed without changing its source: refused, with the line", () => {
    const aliased = `base: &c\n- {id: a, name: A}\n${rest}\ncrunches: *c\n`;
    expect(() =>
      update(aliased, { crunches: [{ id: "new", name: "New" }] }, new Set(["crunches"])),
    ).toThrow(
      expect.objectContaining({
        code: "config-unreadable",
        message: expect.stringMatching(/line \d+/),
      }),
    );
  });
});

test.each([
  "infrastructure:   # fill me\n  # hint\nlogging:\nwatcher: ~\ncrunches: []\n",
  "infrastructure:\n  runner:\n  database: {type: sqlite, path: x}\n",
  "infrastructure:\r\n  runner: {}   # none\r\n  publishers: []\r\n",
  "{}",
  '{"infrastructure": null}',
])("a template is filled in, and is then what the orchestrator reads: %j", (text) => {
  for (const schema of [{}, V2]) {
    const filled = update(text, schema);
    expect(configFindings(filled, "orchestratorSchema" in schema ? "v2" : "v1")).toEqual([]);
    const json: unknown = text.startsWith("{") ? JSON.parse(filled) : parse(filled);
    expect(json).toEqual(parse(filled));
    const eol = text.includes("\r\n") ? "\r\n" : "\n";
    expect(filled.replaceAll(eol, "")).not.toMatch(/[\r\n]/);
    expect(
      diffLines(text, filled).filter((line) => line.startsWith("- ") && line.includes("# ")),
    ).toHaveLength(text.includes("{}   #") ? 1 : 0);
  }
});

test("JSON stays JSON, with a dollar that no variable expansion touches", () => {
  const json = JSON.stringify(parse(renderConfig(values())), null, 2);
  const changed = update(json, { registryCompose: "$HOME/r.yml" }, new Set(["registryCompose"]));
  expect(changed).not.toContain("$");
  expect(JSON.parse(changed)).toMatchObject({
    infrastructure: { runner: { "registry-compose-path": "$HOME/r.yml" } },
  });
});

test("a key that is merged in is there; what is given is written beside it", () => {
  const text = renderConfig(values())
    .replace(/ +# In the whole.*\n +max-models: 0\n/, "    <<: *base\n")
    .replace("infrastructure:", "base: &base {max-models: 7}\ninfrastructure:");
  expect(update(text, {}, new Set())).toBe(text);
  expect(diffLines(text, update(text, { maxModels: 3 }, new Set(["maxModels"])))).toContain(
    "+     max-models: 3",
  );
});

const CHANGES: { [K in RunnerInput]?: fc.Arbitrary<string | number> } = {
  maxModels: fc.nat(1000),
  spawnteePort: fc.integer({ min: 1, max: 65_535 }),
  instanceType: fc.string({ minLength: 1 }),
  registryCompose: fc.string({ minLength: 1 }),
  runnerCompose: fc.constantFrom(
    "$HOME/x",
    "a: b",
    "- c",
    "#d",
    "'",
    '"',
    "ü\u2028",
    "\ud83e\udd89",
  ),
};

test("any change of any values touches the lines of their keys alone, and a second run nothing", () => {
  const wanted = fc.record(CHANGES, { requiredKeys: [] });
  const layout = fc.constantFrom(
    (text: string) => text,
    (text: string) => text.replaceAll("\n", "\r\n"),
    (text: string) => `\ufeff${text.trimEnd()}`,
    (text: string) => text.replaceAll(/: "([a-z./_-]+)"$/gm, ": '$1' # mine"),
  );
  fc.assert(
    fc.property(wanted, layout, (change, lay) => {
      const text = lay(edited);
      const given = new Set(Object.keys(change) as RunnerInput[]);
      const settings = change as Parameters<typeof values>[0];
      const changed = update(text, settings, given);
      const [before, after] = [text.split("\n"), changed.split("\n")];
      expect(after).toHaveLength(before.length);
      const keys = [...given].map((input) => RUNNER_KEY_OF_INPUT[input]);
      const touched = before.filter((line, index) => line !== after[index]);
      expect(
        touched.filter((line) => !keys.some((key) => line.trimStart().startsWith(`${key}:`))),
      ).toEqual([]);
      const { runner } = parse(changed.replace(/^\ufeff/, ""), { version: "1.1" }).infrastructure;
      for (const [input, value] of Object.entries(change))
        expect(runner[RUNNER_KEY_OF_INPUT[input as RunnerInput]]).toBe(value);
      expect(update(changed, settings, given)).toBe(changed);
    }),
    { numRuns: 50 },
  );
});

test("changes are told key by key, crunches by their id, without a password", () => {
  const before = edited.replace(
    'type: "websocket"\n      address: "127.0.0.1"\n      port: 9091',
    'type: rabbitmq\n      url: "amqp://u:canary@h/"',
  );
  const after = update(
    before,
    { ...V2, maxModels: 7, crunches: [{ id: "new", name: "New" }] },
    new Set(["maxModels", "crunches", "gatewayKeyPath"]),
  );
  expect(configChanges(before, after).map(renderChange)).toEqual([
    expect.stringMatching(/^infrastructure\.runner\.cluster-urls: .* \(removed\)$/),
    expect.stringMatching(/^infrastructure\.runner\.registry-compose-path: .* \(removed\)$/),
    "infrastructure.runner.provision-factor: 0.8 (removed)",
    "infrastructure.runner.max-models: 50 -> 7",
    'infrastructure.runner.gateway-key-path: "keys/coordinator.pem" (added)',
    "infrastructure.runner.capacity-threshold: 0.8 (added)",
    expect.stringContaining("crunches[new]: "),
  ]);
  expect(configChanges(undefined, after)).toEqual([]);
  expect(
    renderChange({ key: "url", before: undefined, after: "amqp://u:canary@h/" }),
  ).not.toContain("canary");
});

describe("what an existing file says of the inputs", () => {
  test("all that it has a place for, with the line", () => {
    const { values: read, lines } = readSettings(edited, {});
    expect(read).toMatchObject({
      clusterName: "bird-tracker",
      instanceType: "tdx.xlarge",
      maxModels: "50",
      provisionFactor: "0.8",
      spawnteePort: "9010",
      orchestratorSchema: "v1",
      crunches: ["bird_tracker=bird tracker"],
      watcher: "yaml:models.yml",
      watcherIntervalSeconds: "10",
    });
    expect(edited.split("\n")[(lines.maxModels ?? 0) - 1]).toContain("max-models: 50");
    expect(readSettings(renderConfig(values(V2)), {}).values).toMatchObject({
      orchestratorSchema: "v2",
      gatewayKeyPath: "keys/coordinator.pem",
    });
  });

  test("variables as the orchestrator would fill them in; one that is not set says nothing", () => {
    const text = edited.replace("tdx.xlarge", "tdx.${SIZE}");
    expect(readSettings(text, { SIZE: "large" }).values.instanceType).toBe("tdx.large");
    expect(readSettings(text, {}).values.instanceType).toBeUndefined();
  });

  test.each(["", "a: [", "- x", "infrastructure: {runner: {type: local, cluster-name: x}}"])(
    "%j: nothing",
    (text) => {
      expect(readSettings(text, {}).values).toEqual({});
    },
  );
});

describe("whose file it is", () => {
  const OWN = { clusterName: "owl", phalaApiUrl: "http://127.0.0.1:4000" };
  const file = { clusterName: undefined, phalaApiUrl: undefined, clusterUrls: [] };
  const id = "0123456789abcdef0123456789abcdef01234567";
  const url = `https://${id}-<model-port>.dstack-pha-prod9.phala.network`;
  test.each([
    [{ ...file, clusterName: "bird" }, OWN, ['"bird"', '"owl"']],
    [
      { ...file, clusterName: "owl", phalaApiUrl: "https://cloud-api.phala.network" },
      OWN,
      ["cloud-api.phala.network", "127.0.0.1:4000"],
    ],
    [{ ...file, clusterUrls: [url] }, OWN, ["prod9.phala.network", "127.0.0.1:4000"]],
    [
      { ...file, clusterName: "owl", clusterUrls: [url] },
      { ...OWN, phalaApiUrl: "https://x.example", otherCvms: new Map([[id, "bird-registry"]]) },
      ["bird-registry", "owl"],
    ],
  ])("%j is another's, and both are named", (identity, own, names) => {
    for (const name of names) expect(otherOwner(identity, own)).toContain(name);
  });

  test.each([
    [file, OWN],
    [{ ...file, clusterName: "owl", phalaApiUrl: "http://localhost:1" }, OWN],
    [{ ...file, phalaApiUrl: "${API}", clusterName: "owl" }, OWN],
    [
      { ...file, clusterName: "owl", clusterUrls: [url], phalaApiUrl: "https://x.example/" },
      { ...OWN, phalaApiUrl: "https://x.example" },
    ],
  ])("%j is this cluster's", (identity, own) => {
    expect(otherOwner(identity, own)).toBeUndefined();
  });
});

describe("what the orchestrator would refuse", () => {
  const whole = renderConfig(values());
  test.each([
    ['level: "info"', 'level: "info"\n  my-own: 1', "warning", /logging\.my-own is not a key/],
    ["max-models: 0", "max-models: many", "error", /max-models is "many" and must be a number/],
    ['id: "bird_tracker"', "id: 1.10", "error", /crunches\.0\.id is 1\.1 and must be text/],
    [
      'type: "phala"',
      'type: "phala"\n    vpc-name: x',
      "error",
      /vpc-name: a VPC cluster is not supported/,
    ],
    ["port: 9010", "port: 9010\t# default", "error", /tab/],
    ['level: "info"', "level:\t info", "error", /tab/],
    ["# Seconds.", "# Seconds.\u0000", "error", /U\+0000/],
  ])("%j as %j: %s with the line", (text, other, severity, says) => {
    const changed = whole.replace(text, other);
    const [finding, ...more] = configFindings(changed, "v1");
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ severity, message: expect.stringMatching(says) });
    const line =
      changed.split("\n").findIndex((candidate, index) => candidate !== whole.split("\n")[index]) +
      1;
    expect(Math.abs((finding?.line ?? 0) - line)).toBeLessThanOrEqual(1);
  });

  test.each([
    ["max-models: 0", 'max-models: "12"'],
    ["max-models: 0", "max-models: ${MAX}"],
    ["# Seconds.", "#\tSeconds.\tx"],
    ['path: "models.yml"', "path: 'a\tb'"],
    ["logging:", "can-place-in-quarantine: false\nlogging:"],
    ["zone:", "is-secure: true\n      zone:"],
  ])("%j as %j is fine", (text, other) => {
    const changed = whole.replace(text, other);
    expect(changed).not.toBe(whole);
    expect(configFindings(changed, "v1")).toEqual([]);
  });
});
