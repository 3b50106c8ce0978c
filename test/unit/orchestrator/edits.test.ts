/** Single edits of an orchestrator.yml, in the layouts that people and programs give it: every other character stays. */
import { describe, expect, test } from "vitest";
import { applyChanges, type Change } from "../../../src/orchestrator/changes.ts";

const set = (where: string, value: unknown, ...after: string[]): Change => ({
  kind: "set",
  ...placeOf(where),
  value,
  after,
});
const remove = (where: string): Change => ({ kind: "remove", ...placeOf(where) });
const rename = (where: string, to: string): Change => ({ kind: "rename", ...placeOf(where), to });
const append = (where: string, value: unknown): Change => ({
  kind: "append",
  ...placeOf(where),
  value,
});

function placeOf(where: string): { readonly path: readonly string[]; readonly key: string } {
  const names = where.replaceAll("'", "").split(".");
  return { path: names.slice(0, -1), key: names.at(-1) ?? "" };
}

/** The text of lines, also as Windows has it, and without a line break at its end. */
const LAYOUTS: readonly (readonly [string, (text: string) => string])[] = [
  ["\\n", (text) => text],
  ["\\r\\n", (text) => text.replaceAll("\n", "\r\n")],
  ["no line break at the end", (text) => text.replace(/\n$/, "")],
];

type Edit = readonly [what: string, change: Change, before: string, after: string];

const lines = (...all: string[]): string => `${all.join("\n")}\n`;

const SETS: readonly Edit[] = [
  ["a plain text", set("a", "new"), "a: old  # why\nb: 1\n", 'a: "new"  # why\nb: 1\n'],
  ["a quoted text", set("a", "new"), "a: 'it''s # old' # why\n", 'a: "new" # why\n'],
  ["a number", set("a", 5), "a:   4\nb: 4\n", "a:   5\nb: 4\n"],
  ["a quoted key", set("a", 5), '"a": 4\n', '"a": 5\n'],
  ["an anchor, which stays", set("a", "new"), "a: &x old\nb: *x\n", 'a: &x "new"\nb: *x\n'],
  ["an alias, whose source stays", set("b", "new"), "a: &x old\nb: *x\n", 'a: &x old\nb: "new"\n'],
  [
    "a text over several lines",
    set("a", "new"),
    "a: one\n  two\n# b's\nb: 1\n",
    'a: "new"\n# b\'s\nb: 1\n',
  ],
  [
    "a block scalar, with the comment behind its header",
    set("a", "new"),
    lines("a: >-   # why", "  old # text", "  text", "", "# b's", "b: 1"),
    lines('a: "new"   # why', "", "# b's", "b: 1"),
  ],
  [
    "a block scalar that keeps its line breaks",
    set("a", "new"),
    lines("a: |+", "  old", "", "b: 1"),
    lines('a: "new"', "", "b: 1"),
  ],
  [
    "a member of a mapping",
    set("a.b.c", 5),
    lines("a:", "    b:", "        # c's", "        c: 4", "    c: 4"),
    lines("a:", "    b:", "        # c's", "        c: 5", "    c: 4"),
  ],
  ["a member in flow style", set("a.c", 5), "a: {b: 1, c: 4}   # x\n", "a: {b: 1, c: 5}   # x\n"],
  ["a member of JSON", set("a.c", "x"), '{"a": {"c": "y"}}\n', '{"a": {"c": "x"}}\n'],
  [
    "a list, at the indentation that it has",
    set("r.a", ["x", "y"]),
    lines("r:", "   a:   # why", "   - old", "   # b's", "   b: 1"),
    lines("r:", "   a:   # why", '   - "x"', '   - "y"', "   # b's", "   b: 1"),
  ],
  [
    "a list that is indented",
    set("a", ["x"]),
    lines("a:", "    - old", "    - older", "b: 1"),
    lines("a:", '    - "x"', "b: 1"),
  ],
  [
    "a list with one that is longer, at the end",
    set("r.a", [{ x: 1, k: ["z"] }]),
    lines("r:", "    a:", "    - old", "    - older"),
    lines("r:", "    a:", "    - x: 1", "      k:", '        - "z"'),
  ],
  ["a text with a `>`, which is no block", set("a", "x"), "a: 'x > # y'\n", 'a: "x"\n'],
  ["a block in its shortest form", set("a", "x"), "a: |\n  y # z\nb: 1\n", 'a: "x"\nb: 1\n'],
  ["a block with signs", set("a", "x"), "a: |2- # z\n   y\nb: 1\n", 'a: "x" # z\nb: 1\n'],
  ["a text with null", set("a", null), "a: x # y\n", "a: null # y\n"],
  ["a value with a mapping", set("a", { b: null }), "a: x # y\n", 'a: {"b": null} # y\n'],
  ["a value with a list", set("a", [null, "$"]), "a: x # y\n", 'a: [null, "\\u0024"] # y\n'],
  ["a mapping in flow style", set("a", 5), "a: {b: 1} # y\n", "a: 5 # y\n"],
  ["a bare dollar sign", set("a", "$x"), "a: $x # y\n", 'a: "\\u0024x" # y\n'],
  ["an escaped one, which stays", set("a", "$x"), 'a:  "\\x24x"\n', 'a:  "\\x24x"\n'],
  ["what is equal, which stays", set("a", { b: [1] }), "a: {b:   [1,]}\n", "a: {b:   [1,]}\n"],
  [
    "an alias that leads to the same, which stays",
    set("b", "x"),
    "a: &x x\nb: *x\n",
    "a: &x x\nb: *x\n",
  ],
  ["a list in flow style", set("a", ["x", "y"]), "a: [old] # why\n", 'a: ["x", "y"] # why\n'],
];

const ADDITIONS: readonly Edit[] = [
  ["at the end of the file", set("b", "x"), "a: 1\n", 'a: 1\nb: "x"\n'],
  [
    "behind the nearest of the keys that are there",
    set("d", 4, "c", "b", "a"),
    "a: 1\nb: 2   # why\n# z's\nz: 9\n",
    "a: 1\nb: 2   # why\nd: 4\n# z's\nz: 9\n",
  ],
  [
    "behind all lines of a value",
    set("d", 4, "a"),
    lines("a:", "  b:", "    - c: |", "        text", "", "# z's", "z: 9"),
    lines("a:", "  b:", "    - c: |", "        text", "d: 4", "", "# z's", "z: 9"),
  ],
  [
    "behind a value in flow style over two lines",
    set("d", 4, "a"),
    lines("a: [1,", "  2]", "z: 9"),
    lines("a: [1,", "  2]", "d: 4", "z: 9"),
  ],
  [
    "behind a key without a value",
    set("d", 4, "a"),
    lines("a:   # empty", "z: 9"),
    lines("a:   # empty", "d: 4", "z: 9"),
  ],
  [
    "behind an alias",
    set("d", 4, "a"),
    lines("x: &x 1", "a: *x", "z: 9"),
    lines("x: &x 1", "a: *x", "d: 4", "z: 9"),
  ],
  [
    "in a mapping, at its indentation, before the comment of the next section",
    set("a.c", 3),
    lines("a:", "      b: 2", "", "# z's", "z: 9"),
    lines("a:", "      b: 2", "      c: 3", "", "# z's", "z: 9"),
  ],
  [
    "a mapping",
    set("a.c", { d: 1, e: { f: "x" }, g: [], h: [{ i: 1, j: ["k"] }, 2] }),
    lines("a:", "    b: 2"),
    lines(
      "a:",
      "    b: 2",
      "    c:",
      "      d: 1",
      "      e:",
      '        f: "x"',
      "      g: []",
      "      h:",
      "        - i: 1",
      "          j:",
      '            - "k"',
      "        - 2",
    ),
  ],
  [
    "with our comment",
    set("watcher.interval", 5),
    lines("watcher:", "  poller: {}"),
    lines("watcher:", "  poller: {}", "  # Seconds between two looks for models.", "  interval: 5"),
  ],
  ["in flow style", set("a.d", "x", "b"), "a: {b: 1, c: 2} # y\n", 'a: {b: 1, d: "x", c: 2} # y\n'],
  ["at the end in flow style", set("a.d", 4), "a: {b: 1 }\n", "a: {b: 1, d: 4 }\n"],
  [
    "in flow style over several lines",
    set("a.d", 4),
    lines("a: {b: 1,", "    c: 2}"),
    lines("a: {b: 1,", "    c: 2, d: 4}"),
  ],
  ["in JSON on one line", set("d", { e: [1] }), '{"a": 1}\n', '{"a": 1, "d": {"e": [1]}}\n'],
  [
    "in JSON, on a line of its own",
    set("a.d", 4),
    lines("{", '    "a": {', '        "b": 1', "    }", "}"),
    lines("{", '    "a": {', '        "b": 1,', '        "d": 4', "    }", "}"),
  ],
  [
    "in JSON, beside others on one line",
    set("a.d", 4),
    lines("{", '  "a": {"b": 1}', "}"),
    lines("{", '  "a": {"b": 1, "d": 4}', "}"),
  ],
  [
    "in a mapping that looks like JSON, in a file that is none",
    set("a.c", 3),
    'a: {"b": 1}\n',
    'a: {"b": 1, c: 3}\n',
  ],
  [
    "in JSON that begins with a blank line",
    set("d", 4),
    lines("", "{", '  "a": 1', "}"),
    lines("", "{", '  "a": 1,', '  "d": 4', "}"),
  ],
  [
    "in flow style over several lines, in a file that is no JSON",
    set("d", 4),
    lines("{", "  a: 1", "}"),
    lines("{", "  a: 1, d: 4", "}"),
  ],
  ["behind a key without a colon", set("a.d", 4, "b"), "a: {b, c: 1}\n", "a: {b, d: 4, c: 1}\n"],
  ["with nothing in it", set("b", null), "a: 1\n", "a: 1\nb: null\n"],
  ["in an empty mapping", set("a.d", 4), "x: 1\na: {}\n", "x: 1\na: {d: 4}\n"],
  ["in an empty file of JSON", set("d", "x"), "{}\n", '{"d": "x"}\n'],
];

const FILLED: readonly Edit[] = [
  ["nothing", set("a", "x"), "a:\nb: 1\n", 'a: "x"\nb: 1\n'],
  ["nothing but a comment", set("a", "x"), "a:   # fill me\nb: 1\n", 'a: "x"   # fill me\nb: 1\n'],
  ["null", set("a", 5), "a: null # fill me\n", "a: 5 # fill me\n"],
  ["~", set("a.b", 5), "a:\n  b:   ~\n  c: 1\n", "a:\n  b: 5\n  c: 1\n"],
  ["{}", set("a", []), "a: {} # none\n", "a: [] # none\n"],
  ["null in flow style", set("a.b", "x"), "a: {b: null, c: 1}\n", 'a: {b: "x", c: 1}\n'],
  ["null in JSON", set("a", { b: 1 }), '{"a":null,"c":1}\n', '{"a": {"b": 1},"c":1}\n'],
  [
    "nothing, with a mapping",
    set("r.a", { b: 1, c: [] }),
    lines("r:", "    a:   # fill me", "    # z's", "    z: 1"),
    lines("r:", "    a:   # fill me", "      b: 1", "      c: []", "    # z's", "    z: 1"),
  ],
  [
    "an empty list, with a list",
    set("a", [{ b: 1, c: 2 }]),
    lines("a: []   # none", "z: 1"),
    lines("a:   # none", "  - b: 1", "    c: 2", "z: 1"),
  ],
  [
    "null, in a mapping, with our comments",
    set("infrastructure.runner", { "max-models": 1 }),
    lines("infrastructure:", "  runner: null   # later", "  x: 1"),
    lines(
      "infrastructure:",
      "  runner:   # later",
      "    # In the whole cluster; 0: unlimited, runners are added as needed.",
      "    max-models: 1",
      "  x: 1",
    ),
  ],
  ["nothing behind a key with a colon", set("'a: b'", 1), "'a: b':   # c\n", "'a: b': 1   # c\n"],
  [
    "nothing, where our comment is above already",
    set("infrastructure", { database: {}, publishers: [1] }),
    lines("infrastructure:"),
    lines(
      "infrastructure:",
      "  # Which models run, kept over a restart of the orchestrator.",
      "  database: {}",
      "  # Model states for subscribers. Without authentication, so only this machine can connect;",
      "  # address 0.0.0.0 lets everybody who reaches this machine do so.",
      "  publishers:",
      "    - 1",
    ),
  ],
  [
    "nothing, with a mapping that has our comments",
    set("watcher", { interval: 5 }),
    lines("watcher: ~"),
    lines("watcher:", "  # Seconds between two looks for models.", "  interval: 5"),
  ],
];

const SECONDS = "  # Seconds between two looks for models.";
const REMOVALS: readonly Edit[] = [
  ["its line", remove("b"), "a: 1\nb: 2   # x\n# c's\nc: 3\n", "a: 1\n# c's\nc: 3\n"],
  ["the first", remove("a"), "a: 1\nb: 2\n", "b: 2\n"],
  ["the last", remove("b"), "a: 1\nb: 2\n", "a: 1\n"],
  [
    "all its lines",
    remove("r.b"),
    lines("r:", "  a: 1", "  b:", "  - x: 1", "    y: 2", "", "  c: 3"),
    lines("r:", "  a: 1", "", "  c: 3"),
  ],
  [
    "our comment with it",
    remove("watcher.interval"),
    lines("watcher:", "  # mine", SECONDS, "  interval: 5", "  x: 1"),
    lines("watcher:", "  # mine", "  x: 1"),
  ],
  [
    "both lines of our comment",
    remove("infrastructure.publishers"),
    lines(
      "infrastructure:",
      "  # Model states for subscribers. Without authentication, so only this machine can connect;",
      "  # address 0.0.0.0 lets everybody who reaches this machine do so.",
      "  publishers: []",
      "  x: 1",
    ),
    lines("infrastructure:", "  x: 1"),
  ],
  [
    "not a comment of somebody's own, which stays above the next",
    remove("watcher.interval"),
    lines("watcher:", SECONDS, "  # but slower on Sundays", "  interval: 5", "  x: 1"),
    lines("watcher:", SECONDS, "  # but slower on Sundays", "  x: 1"),
  ],
  ["the first in flow style", remove("a.b"), "a: {b: 1, c: 2, d: 3}\n", "a: {c: 2, d: 3}\n"],
  ["one in flow style", remove("a.c"), "a: {b: 1, c: [2], d: 3}\n", "a: {b: 1, d: 3}\n"],
  ["the last in flow style", remove("a.d"), "a: {b: 1, c: 2, d: 3 }\n", "a: {b: 1, c: 2 }\n"],
  ["what is not there", remove("a.z"), "a: {b: 1}\n", "a: {b: 1}\n"],
];

const FACTOR =
  "    # A new runner is added when this share of the models that fit on a CVM is running: 0.8 of 4 is 3.";
const THRESHOLD =
  "    # A runner says that it is full at this share of its capacity; the orchestrator then adds another.";
const RENAMES: readonly Edit[] = [
  ["the key alone", rename("a", "z"), "a:   1  # a\nb: a\n", "z:   1  # a\nb: a\n"],
  ["a key before a quoted text", rename("a", "z"), "a: 'a'\n", "z: 'a'\n"],
  ["a quoted key", rename("r.a", "z"), "r:\n  'a': a\n", "r:\n  'z': a\n"],
  ["a key in other letters", rename("a", "z"), '"\\x61": a\n', '"z": a\n'],
  ["a key that aliases name", rename("a", "z"), "&k a: 1\nb: c\n", "&k z: 1\nb: c\n"],
  ["in flow style", rename("r.a", "z"), "r: {b: 1, a: a}\n", "r: {b: 1, z: a}\n"],
  ["what is not there", rename("a", "z"), "b: 1\n", "b: 1\n"],
  [
    "our comment with it",
    rename("infrastructure.runner.provision-factor", "capacity-threshold"),
    lines("infrastructure:", "  runner:", "    # mine", FACTOR, "    provision-factor: ${F}"),
    lines("infrastructure:", "  runner:", "    # mine", THRESHOLD, "    capacity-threshold: ${F}"),
  ],
  [
    "our comment with it, where the other one has none",
    rename("watcher.interval", "pause"),
    lines("watcher:", SECONDS, "  interval: 5"),
    lines("watcher:", "  pause: 5"),
  ],
  [
    "not somebody's own comment",
    rename("infrastructure.runner.provision-factor", "capacity-threshold"),
    lines("infrastructure:", "  runner:", "    # mine", "    provision-factor: 0.5"),
    lines("infrastructure:", "  runner:", "    # mine", "    capacity-threshold: 0.5"),
  ],
];

const APPENDED: readonly Edit[] = [
  [
    "to a list",
    append("a", { b: "x", c: { d: 1 } }),
    lines("a:", "- b: w   # first", "", "# z's", "z: 1"),
    lines("a:", "- b: w   # first", '- b: "x"', "  c:", "    d: 1", "", "# z's", "z: 1"),
  ],
  [
    "to a list that is indented, in a mapping",
    append("r.a", 3),
    lines("r:", "    a:", "        - 1", "        - |", "          text", "    z: 1"),
    lines(
      "r:",
      "    a:",
      "        - 1",
      "        - |",
      "          text",
      "        - 3",
      "    z: 1",
    ),
  ],
  [
    "in flow style",
    append("a", { b: "$x" }),
    "a: [1, 2 ] # y\n",
    'a: [1, 2, {"b": "\\u0024x"} ] # y\n',
  ],
  ["which an alias follows", append("a", 3), "a: &a [2]\nb: *a\n", "a: &a [2, 3]\nb: *a\n"],
  ["null", append("a", null), "a: [1]\n", "a: [1, null]\n"],
  ["a mapping with nothing in it", append("a", {}), "a:\n- 1\n", "a:\n- 1\n- {}\n"],
  ["to an empty list", append("a", "x"), "a: [] # none\n", 'a: ["x"] # none\n'],
  [
    "in JSON, on a line of its own",
    append("a", { b: 2 }),
    lines("{", '  "a": [', '    {"b": 1}', "  ]", "}"),
    lines("{", '  "a": [', '    {"b": 1},', '    {"b": 2}', "  ]", "}"),
  ],
];

describe.each([
  ["a value is replaced", SETS],
  ["an entry is added", ADDITIONS],
  ["an entry without a value gets one", FILLED],
  ["an entry is removed", REMOVALS],
  ["an entry is renamed", RENAMES],
  ["an item is appended", APPENDED],
] as const)("%s:", (_, edits) => {
  describe.each(edits)("%s", (what, change, before, after) => {
    test.each(LAYOUTS)("%s", (name, lay) => {
      const edited = applyChanges(lay(before), [change]);
      // What is removed at the end of a file leaves the line break that stood before it.
      const isCut = name.startsWith("no") && what === "the last";
      expect(edited).toBe(isCut ? after : lay(after));
    });
  });
});

describe("what can't be edited alone is refused, and named:", () => {
  test.each<readonly [string, Change, string]>([
    ["the only entry", remove("a.b"), "a:\n  b: 1\n"],
    ["a member of what is no mapping", set("a.b", 1), "a: 5\n"],
    ["a member of an alias", set("a.b", 1), "x: &x {b: 2}\na: *x\n"],
    ["an anchor that others point at", remove("a"), "a: &x 1\nb: *x\n"],
    ["a value in the place of a mapping", set("a", 1), "a:\n  b: 1\n"],
    ["a list in the place of a mapping", set("a", [1]), "a:\n  b: 1\n"],
    ["a value in the place of a list", set("a", 1), "a:\n- 1\n"],
    ["a value for a key without a colon", set("a.b", 1), "a: {b, c: 1}\n"],
    ["a list under an alias", append("a", 1), "x: &x [2]\na: *x\n"],
    ["a list that is not there", append("a", 1), "b: 1\n"],
  ])("%s", (_, change, text) => {
    const where = [...change.path, change.key].join(".");
    expect(() => applyChanges(text, [change])).toThrow(
      expect.objectContaining({ change, message: expect.stringContaining(`an edit of ${where}`) }),
    );
  });
});

test("one change after the other; the second sees the first", () => {
  const changes = [rename("a.b", "c"), set("a.d", 2, "c"), remove("a.x"), set("a.d", 3)];
  expect(applyChanges("a:\n  b: 1   # b\n  x: 0\n", changes)).toBe("a:\n  c: 1   # b\n  d: 3\n");
});
