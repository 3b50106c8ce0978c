/** What a run changes in an existing orchestrator.yml, section by section, and how it is told. */
import { describe, expect, test } from "vitest";
import type { InputKey } from "../../../src/core/settings.ts";
import { configChanges, renderChange } from "../../../src/orchestrator/config-changes.ts";
import { renderConfig, updateConfig } from "../../../src/orchestrator/config.ts";
import { V2, values } from "./settings.ts";

const WHOLE = renderConfig(values());
const WHOLE_V2 = renderConfig(values(V2));

function replaced(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

/** What an update with these inputs given changes, as the plan shows it. */
function told(
  text: string,
  settings: Parameters<typeof values>[0] = {},
  given = Object.keys(settings) as InputKey[],
  others: Partial<ReturnType<typeof values>> = {},
): readonly string[] {
  const wanted = { ...values(settings, new Set(given)), ...others };
  return configChanges(text, updateConfig(text, wanted, "o.yml")).map(renderChange);
}

const key = (name: string): string => `infrastructure.runner.${name}`;

describe("the runner", () => {
  test("nothing is given, nothing changes", () => {
    expect(told(WHOLE)).toEqual([]);
    expect(told(WHOLE_V2, V2, [])).toEqual([]);
  });

  test.each([
    [
      'phala-api-url: "https://cloud-api.phala.network"',
      "phala-api-url: https://cloud-api.phala.network//",
    ],
    ['phala-api-url: "https://cloud-api.phala.network"', "phala-api-url: ${API}/v1"],
    ["cluster-urls:\n", "cluster-urls:\n      - https://mine\n"],
    ["memory-per-model-mb: 1024", "memory-per-model-mb: 1"],
    ['type: "phala"\n    #', "type: phala\n    republish: 1\n    #"],
  ])("%s stays as %j", (from, to) => {
    expect(told(replaced(WHOLE, from, to))).toEqual([]);
  });

  test.each([
    [
      '    # Size of the runners that the orchestrator adds.\n    instance-type: "tdx.medium"\n',
      "",
      'instance-type: "tdx.medium" (added)',
    ],
    ['instance-type: "tdx.medium"', 'instance-type: ""', 'instance-type: "" -> "tdx.medium"'],
    ['type: "phala"', "type:   # ours", 'type: "phala" (added)'],
    ['instance-type: "tdx.medium"', "instance-type: ~", 'instance-type: "tdx.medium" (added)'],
    ['    type: "phala"\n', "", 'type: "phala" (added)'],
    [
      "https://cloud-api.phala.network",
      "https://x.example",
      'phala-api-url: "https://x.example" -> "https://cloud-api.phala.network"',
    ],
    [
      'phala-api-url: "https://cloud-api.phala.network"',
      "phala-api-url: 5",
      'phala-api-url: 5 -> "https://cloud-api.phala.network"',
    ],
    [
      "0123456789abcdef0123456789abcdef01234567-<",
      "f-<",
      'cluster-urls: ["https://f-<model-port>.dstack-pha-prod10.phala.network"] -> ["https://0123456789abcdef0123456789abcdef01234567-<model-port>.dstack-pha-prod10.phala.network"]',
    ],
  ])("%j as %j", (from, to, change) => {
    expect(told(replaced(WHOLE, from, to))).toEqual([key(change)]);
  });

  test("a value that is merged in is there, and a registry that isn't in a list is put into it", () => {
    const merged = replaced(
      WHOLE,
      '    phala-api-url: "https://cloud-api.phala.network"\n',
      "    <<: {phala-api-url: https://cloud-api.phala.network/}\n",
    );
    expect(told(merged)).toEqual([]);
    const single = WHOLE.replace(/cluster-urls:\n.*\n/, "cluster-urls: https://f\n");
    expect(told(single)).toEqual([
      expect.stringMatching(
        /^infrastructure.runner.cluster-urls: "https:\/\/f" -> \["https:\/\/0123/,
      ),
    ]);
  });

  test("all URLs of the registry have to be there", () => {
    const [url] = values().clusterUrls;
    expect(told(WHOLE, {}, [], { clusterUrls: [url ?? "", "https://b"] })).toEqual([
      key(`cluster-urls: ["${url}"] -> ["${url}","https://b"]`),
    ]);
  });

  test("an API that is given is written over a variable", () => {
    const text = replaced(
      WHOLE,
      'phala-api-url: "https://cloud-api.phala.network"',
      "phala-api-url: $API",
    );
    expect(told(text, {}, ["phalaApiUrl"])).toEqual([
      key('phala-api-url: "$API" -> "https://cloud-api.phala.network"'),
    ]);
  });

  test("the operator's number gets its name of the other schema, in either direction", () => {
    const text = replaced(WHOLE, "provision-factor: 0.8", "provision-factor: 0.65   # ours");
    const updated = updateConfig(text, values(V2, new Set()), "o.yml");
    expect(updated).toContain("    capacity-threshold: 0.65   # ours\n");
    expect(updated).not.toContain("provision-factor");
    const back = updateConfig(updated, values({}, new Set()), "o.yml");
    expect(back).toContain("    provision-factor: 0.65   # ours\n");
    expect(back).not.toMatch(/capacity-threshold|gateway-key/);
  });

  test("unless another number is given, or the file has one under that name", () => {
    const given = { ...V2, capacityThreshold: 0.3 };
    expect(updateConfig(WHOLE, values(given, new Set(["capacityThreshold"])), "o.yml")).toContain(
      "    capacity-threshold: 0.3\n",
    );
    const both = replaced(
      WHOLE,
      "provision-factor: 0.8",
      "provision-factor: 0.8\n    capacity-threshold: 0.2",
    );
    const updated = updateConfig(both, values(V2, new Set()), "o.yml");
    expect(updated).toContain("    capacity-threshold: 0.2\n");
    expect(updated).not.toContain("provision-factor");
  });

  test("a number that has no value there is written again", () => {
    const text = replaced(WHOLE, "provision-factor: 0.8", "provision-factor:");
    const updated = updateConfig(text, values(V2, new Set()), "o.yml");
    expect(updated).toContain("    capacity-threshold: 0.7\n");
    expect(updated).not.toContain("provision-factor");
  });

  test("missing keys come behind those that stand before them in a new file", () => {
    const text = WHOLE.replace(/ {4}# In the whole.*\n/, "").replace(/ {4}max-models.*\n/, "");
    const spare = text.replace(/ {4}# Relative.*\n.*\n/, "").replace(/ {4}spawntee-port.*\n/, "");
    expect(updateConfig(spare, values({}, new Set()), "o.yml")).toBe(WHOLE);
  });
});

describe("the watcher", () => {
  const onchain = { watcher: { type: "onchain", url: "http://u" } } as const;
  test.each([
    [
      onchain,
      [
        'watcher.poller.type: "yaml" -> "onchain"',
        'watcher.poller.path: "models.yml" (removed)',
        'watcher.poller.url: "http://u" (added)',
      ],
    ],
    [
      { watcher: { type: "yaml", path: "x.yml" } } as const,
      ['watcher.poller.path: "models.yml" -> "x.yml"'],
    ],
    [{ watcherIntervalSeconds: 3 }, ["watcher.interval: 10 -> 3"]],
  ])("%j", (settings, changes) => {
    expect(told(WHOLE, settings)).toEqual(changes);
    expect(told(WHOLE, settings, [])).toEqual([]);
  });

  test("back to a file, which takes the URL away; other keys of the operator's stay", () => {
    const text = replaced(
      WHOLE,
      '    type: "yaml"\n    path: "models.yml"',
      "    my-own: 1\n    type: onchain\n    url: u   # x",
    );
    const updated = updateConfig(text, values({}, new Set(["watcher"])), "o.yml");
    expect(updated).toContain(
      '  poller:\n    my-own: 1\n    type: "yaml"\n    path: "models.yml"\n\ncrunches',
    );
  });

  test.each(["  poller: ~\n", ""])("a poller that is not there yet: %j", (poller) => {
    const text = replaced(
      WHOLE,
      '  poller:\n    type: "yaml"\n    path: "models.yml"\n',
      `${poller}  my-own: 1\n`,
    );
    const updated = updateConfig(text, values(onchain, new Set(["watcher"])), "o.yml");
    expect(updated).toContain(
      '  interval: 10\n  poller:\n    type: "onchain"\n    url: "http://u"\n  my-own: 1\n',
    );
    expect(updateConfig(text, values(onchain, new Set()), "o.yml")).toBe(text);
  });

  test("a section that is no mapping is refused where something is given for it", () => {
    const text = WHOLE.replace(/watcher:\n[\s\S]*?\n\n/, "watcher: 5\n");
    expect(updateConfig(text, values({}, new Set()), "o.yml")).toBe(text);
    expect(() => told(text, { watcherIntervalSeconds: 3 })).toThrow(/watcher\.interval/);
  });

  test("a missing section gets what is given, and the rest of a new one", () => {
    const text = WHOLE.replace(/watcher:\n[\s\S]*?\n\n/, "");
    expect(told(text, { watcherIntervalSeconds: 3 })).toEqual([
      'watcher: {"interval":3,"poller":{"type":"yaml","path":"models.yml"}} (added)',
    ]);
  });
});

describe("the crunches", () => {
  const owl = { id: "snowy_owl_1", name: "snowy owl 1" };
  const listed =
    'crunches:\n  - id: "bird_tracker"\n    name: "bird tracker"\n    infrastructure:\n      zone: "phala"\n';
  test.each([
    [
      "",
      'crunches: [{"id":"snowy_owl_1","name":"snowy owl 1","infrastructure":{"zone":"phala"}}] (added)',
    ],
    [
      "crunches:\n",
      'crunches: [{"id":"snowy_owl_1","name":"snowy owl 1","infrastructure":{"zone":"phala"}}] (added)',
    ],
    [
      "crunches: []\n",
      'crunches: [] -> [{"id":"snowy_owl_1","name":"snowy owl 1","infrastructure":{"zone":"phala"}}]',
    ],
    [
      "crunches:\n- {id: a, name: A}\n",
      'crunches[snowy_owl_1]: {"id":"snowy_owl_1","name":"snowy owl 1","infrastructure":{"zone":"phala"}} (added)',
    ],
    ["crunches:\n- {id: snowy_owl_1, name: Owls}\n", undefined],
    ["crunches:\n- 5\n- {id: snowy_owl_1, name: Owls}\n", undefined],
  ])("%j", (list, change) => {
    expect(told(replaced(WHOLE, listed, list), { crunches: [owl] })).toEqual(
      change === undefined ? [] : [change],
    );
  });

  test("one without a name gets it behind its id", () => {
    const text = replaced(
      WHOLE,
      listed,
      "crunches:\n- id: a   # x\n  infrastructure: {zone: z}\n- id: b\n  name: B\n",
    );
    const crunches = [
      { id: "b", name: "New" },
      { id: "a", name: "Name" },
    ];
    const updated = updateConfig(text, values({ crunches }, new Set(["crunches"])), "o.yml");
    expect(updated).toContain(
      '- id: a   # x\n  name: "Name"\n  infrastructure: {zone: z}\n- id: b\n  name: "New"\n',
    );
  });

  test("a file without sections gets them all, with what is given", () => {
    const text = "# mine\nlogging: {level: trace}\n";
    const updated = updateConfig(text, values({ crunches: [owl] }, new Set(["crunches"])), "o.yml");
    expect(updated.startsWith(`${text}infrastructure:\n  # Which models run`)).toBe(true);
    expect(updated.match(/^[a-z].*/gm)).toEqual([
      "logging: {level: trace}",
      "infrastructure:",
      "watcher:",
      "crunches:",
    ]);
    expect(updated).toContain("    # Seconds.\n    request-timeout: 60\n");
  });

  test("an infrastructure without its runner keeps what it has", () => {
    const text = WHOLE.replace(/ {2}runner:\n(?: {4}.*\n)*/, "  runner:   # later\n");
    const updated = updateConfig(text, values({}, new Set()), "o.yml");
    expect(updated).toBe(WHOLE.replace("  runner:\n", "  runner:   # later\n"));
  });
});

describe("an empty file", () => {
  test.each([
    ["", WHOLE],
    ["\n \n", WHOLE],
    ["\ufeff", `\ufeff${WHOLE}`],
    ["# mine\n\n", `# mine\n\n${WHOLE}`],
    ["\ufeff# mine\r\n", `\ufeff${`# mine\n\n${WHOLE}`.replaceAll("\n", "\r\n")}`],
    ["---", `---\n\n${WHOLE}`],
  ])("%j keeps what it has above the rest", (text, whole) => {
    expect(updateConfig(text, values(), "o.yml")).toBe(whole);
  });

  test("a byte order mark before the first key is no blank", () => {
    const updated = updateConfig("\ufefflogging: {level: info}\n", values(), "o.yml");
    expect(updated).toMatch(/^\ufefflogging: \{level: info\}\ninfrastructure:\n {2}# Which/);
  });

  test.each(["~", "null\n", "--- ~\n", "# x\n...\n"])(
    "%j has no room for it and is refused",
    (text) => {
      expect(() => updateConfig(text, values(), "o.yml")).toThrow(
        expect.objectContaining({
          code: "config-unreadable",
          message: "o.yml is not a mapping (keys with values); it was not changed",
        }),
      );
    },
  );
});

describe("what can't be understood is refused, with its line:", () => {
  test.each([
    ["a: 1\na: 2\n", "is not valid YAML: line 2 has the same key twice in one place"],
    [
      "a: *b\n",
      "is not valid YAML: it has aliases (*name) that lead nowhere, or unfold without end",
    ],
    [
      "a: [1\n- b\n",
      "is not valid YAML: line 2 lacks a closing quote or bracket, a colon or a comma",
    ],
    [
      "a: [1\nb: 2\n",
      "is not valid YAML: line 2 is not indented consistently, or has a bracket that is not closed",
    ],
    ["- a\n", "is not a mapping (keys with values)"],
    ["text", "is not a mapping (keys with values)"],
    [
      "\n\ninfrastructure: 5\n",
      "has an infrastructure that is not a mapping (keys with values), line 3",
    ],
    [
      "infrastructure:\n  runner: [a]\n",
      "has an infrastructure.runner that is not a mapping (keys with values), line 2",
    ],
  ])("%j", (text, says) => {
    expect(() => updateConfig(text, values(), "o.yml")).toThrow(
      expect.objectContaining({
        code: "config-unreadable",
        kind: "conflict",
        message: `o.yml ${says}; it was not changed`,
        hint: "fix or move the file, or write another one with --orchestrator-config; then run the command again",
      }),
    );
  });

  test("an edit that would reach further, with the line that it is about", () => {
    const text = replaced(WHOLE, 'instance-type: "tdx.medium"', "instance-type:\n      a: 1");
    const line = text.split("\n").findIndex((each) => each.includes("instance-type:")) + 1;
    expect(() => updateConfig(text, values({}, new Set(["instanceType"])), "o.yml")).toThrow(
      expect.objectContaining({
        message: `o.yml, line ${line}, can't be changed safely: an edit of infrastructure.runner.instance-type would reach further; it was not changed`,
      }),
    );
  });

  test("what is missing, with the line of what it would stand in", () => {
    const text = "# x\nbase: &b {type: phala}\ninfrastructure:\n  runner: *b\n";
    expect(() => updateConfig(text, values(), "o.yml")).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("o.yml has an infrastructure.runner"),
      }),
    );
  });

  test("another kind of runners", () => {
    const text = "infrastructure:\n  runner: {type: aws}\n";
    expect(() => updateConfig(text, values(), "o.yml")).toThrow(
      expect.objectContaining({
        code: "config-other-runner",
        message: 'o.yml configures runners of type "aws", not phala; it was not changed',
        hint: expect.stringContaining("--orchestrator-config, or remove its infrastructure.runner"),
      }),
    );
  });

  test("a missing key of schema v2, before anything is written", () => {
    expect(() =>
      updateConfig(WHOLE, values({ orchestratorSchema: "v2", gatewayKeyPath: "" }), "o.yml"),
    ).toThrow(expect.objectContaining({ code: "gateway-key-path-missing", kind: "input" }));
  });
});

const between = (before: string, after: string): readonly string[] =>
  configChanges(before, after).map(renderChange);

describe("changes are told", () => {
  test.each([
    ["a: 1\n", "a: 1\n", []],
    ["\ufeffa: 1\n", "a: 2\n", ["a: 1 -> 2"]],
    ["a: {b: {c: 1, d: 2}}", "a: {b: {c: 1, d: 3}}", ["a.b.d: 2 -> 3"]],
    ["a: {b: 1}", "a: {}", ['a: {"b":1} -> {}']],
    ["a: {b: ~}", "a: {b: 1}", ["a.b: 1 (added)"]],
    ["a: {b: 1, c: 2}", "a: {c: 2}", ["a.b: 1 (removed)"]],
    ["a: [1, 2]", "a: [1, 3]", ["a: [1,2] -> [1,3]"]],
    ["a: []", "a: [{id: x}]", ['a: [] -> [{"id":"x"}]']],
    ["a: [{id: x, m: 1}, {id: z}]", "a: [{id: z}, {id: x, m: 2}]", ["a[x].m: 1 -> 2"]],
    ["a: [{id: x}]", "a: [{id: x}, {id: z}]", ['a[z]: {"id":"z"} (added)']],
    [
      "a: [{id: x, m: 1}, {id: x}]",
      "a: [{id: x}]",
      ['a: [{"id":"x","m":1},{"id":"x"}] -> [{"id":"x"}]'],
    ],
    ["a: [{id: x}, {m: 1}]", "a: [{id: x}]", ['a: [{"id":"x"},{"m":1}] -> [{"id":"x"}]']],
    ["a: 1", "a: {b: 1}", ['a: 1 -> {"b":1}']],
    ["# nothing yet\n", "a: 1", []],
    ["a: [", "a: 1", []],
    [
      'a: "amqp://u:secret@h/"\nb: {c: ["http://v:s@i/ //w@j"]}',
      "a: x",
      [
        'a: "amqp://[redacted]@h/" -> "x"',
        'b: {"c":["http://[redacted]@i/ //[redacted]@j"]} (removed)',
      ],
    ],
    ["a: http://h/p", "a: http://h/p@q", ['a: "http://h/p" -> "http://h/p@q"']],
  ])("from %j to %j", (before, after, changes) => {
    expect(between(before, after)).toEqual(changes);
  });

  test("a new file has none", () => {
    expect(configChanges(undefined, "a: 1")).toEqual([]);
  });
});
