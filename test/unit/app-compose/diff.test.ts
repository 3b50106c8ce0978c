/** Why two compose hashes differ, told field by field; and nothing told exactly where they are the same. */
import { describe, expect, test } from "vitest";
import { composeHashOf, sha256Hex, type AppCompose } from "../../../src/core/compose-hash.ts";
import { compareAppComposes } from "../../../src/app-compose/diff.ts";

const COMPOSE = "services:\n  spawn-service:\n    image: spawntee:0.8.43\n    privileged: true\n";

const EXPECTED: AppCompose = {
  docker_compose_file: COMPOSE,
  allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD"],
  features: ["kms", "tproxy-net"],
  manifest_version: 2,
  name: "",
  pre_launch_script: "",
  public_logs: true,
  secure_time: false,
};

const messagesFor = (change: Partial<AppCompose>): string[] =>
  compareAppComposes({ ...EXPECTED, ...change }, EXPECTED).map(({ message }) => message);

/** `count` lines more, so that the difference is that long. */
const longer = (count: number): string =>
  `${COMPOSE}${Array.from({ length: count }, (_, index) => `# ${index + 1}\n`).join("")}`;

const CASES: readonly (readonly [about: string, change: Partial<AppCompose>, message: string])[] = [
  [
    "a name more",
    { allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD", "DSTACK_AUTHORIZED_KEYS"] },
    "environment names too many: DSTACK_AUTHORIZED_KEYS",
  ],
  [
    "a name less",
    { allowed_envs: ["REGISTRY_URL"] },
    "environment names missing: CAPACITY_THRESHOLD",
  ],
  [
    "two names more and two less",
    { allowed_envs: ["A", "B"] },
    "environment names too many: A, B; environment names missing: REGISTRY_URL, CAPACITY_THRESHOLD",
  ],
  [
    "another name",
    { allowed_envs: ["REGISTRY_URL", "THRESHOLD"] },
    "environment names too many: THRESHOLD; environment names missing: CAPACITY_THRESHOLD",
  ],
  [
    "another order",
    { allowed_envs: ["CAPACITY_THRESHOLD", "REGISTRY_URL"] },
    "environment names in another order: CAPACITY_THRESHOLD, REGISTRY_URL, expected REGISTRY_URL, CAPACITY_THRESHOLD",
  ],
  [
    "a name twice",
    { allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD", "REGISTRY_URL"] },
    "environment names given more than once: REGISTRY_URL, CAPACITY_THRESHOLD, REGISTRY_URL, expected REGISTRY_URL, CAPACITY_THRESHOLD",
  ],
  [
    "no names at all",
    { allowed_envs: undefined },
    'allowed_envs is absent, expected ["REGISTRY_URL","CAPACITY_THRESHOLD"]',
  ],
  [
    "another image",
    { docker_compose_file: COMPOSE.replace("0.8.43", "0.8.44") },
    "the compose file differs: - image: spawntee:0.8.43 | + image: spawntee:0.8.44",
  ],
  [
    "six lines more",
    { docker_compose_file: longer(6) },
    "the compose file differs: + # 1 | + # 2 | + # 3 | + # 4 | + # 5 | + # 6",
  ],
  [
    "seven lines more",
    { docker_compose_file: longer(7) },
    "the compose file differs: + # 1 | + # 2 | + # 3 | + # 4 | + # 5 | + # 6, and 1 more line",
  ],
  [
    "many lines more",
    { docker_compose_file: longer(20) },
    "the compose file differs: + # 1 | + # 2 | + # 3 | + # 4 | + # 5 | + # 6, and 14 more lines",
  ],
  [
    "Windows line ends",
    { docker_compose_file: COMPOSE.replaceAll("\n", "\r\n") },
    "the compose file differs in its line ends",
  ],
  [
    "no newline at its end",
    { docker_compose_file: COMPOSE.trimEnd() },
    "the compose file differs in its line ends",
  ],
  [
    "another indentation",
    { docker_compose_file: COMPOSE.replace("    privileged", "      privileged") },
    "the compose file differs in blanks only",
  ],
  [
    "an empty line",
    { docker_compose_file: `${COMPOSE}\n` },
    "the compose file differs in blanks only",
  ],
  [
    "a line break more",
    { docker_compose_file: COMPOSE.replace(" spawntee", "\n      spawntee") },
    "the compose file differs in blanks only",
  ],
  [
    "blank lines beside others",
    { docker_compose_file: `${COMPOSE}\n   \n# a\n` },
    "the compose file differs: + # a",
  ],
  [
    "blanks within a line, which count",
    { pre_launch_script: "a -  b\n" },
    "pre_launch_script differs: + a -  b",
  ],
  [
    "no compose file",
    { docker_compose_file: undefined },
    `docker_compose_file is absent, expected ${JSON.stringify(COMPOSE).slice(0, 60)}... (sha256 ${sha256Hex(COMPOSE).slice(0, 12)})`,
  ],
  ["a flag", { public_logs: false }, "public_logs is false, expected true"],
  ["a flag that is absent", { public_logs: undefined }, "public_logs is absent, expected true"],
  ["a flag that is null", { public_logs: null }, "public_logs is null, expected true"],
  ["a null field more", { init_script: null }, "init_script is null, expected absent"],
  [
    "a value as long as is shown",
    { name: "x".repeat(58) },
    `name is "${"x".repeat(58)}", expected ""`,
  ],
  [
    "a list that is longer",
    { features: ["x".repeat(57)] },
    `features is ["${"x".repeat(57)}"... (sha256 ${sha256Hex(`["${"x".repeat(57)}"]`).slice(0, 12)}), expected ["kms","tproxy-net"]`,
  ],
  ["a field more", { init_script: "true" }, 'init_script is "true", expected absent'],
  ["a name", { name: "x" }, 'name is "x", expected ""'],
  [
    "the order of a list",
    { features: ["tproxy-net", "kms"] },
    'features is ["tproxy-net","kms"], expected ["kms","tproxy-net"]',
  ],
  [
    "a script",
    { pre_launch_script: "#!/bin/bash\ncurl example.com\n" },
    "pre_launch_script differs: + #!/bin/bash | + curl example.com",
  ],
];

describe("one change, one message", () => {
  test.each(CASES)("%s", (_, change, message) => {
    expect(messagesFor(change)).toEqual([message]);
    expect(composeHashOf({ ...EXPECTED, ...change })).not.toBe(composeHashOf(EXPECTED));
  });
});

test.each<[string, Partial<AppCompose>]>([
  ["the same", {}],
  ["a field that is undefined", { init_script: undefined }],
  ["a copy of a list", { features: ["kms", "tproxy-net"] }],
])("%s: no difference, as the hash says", (_, change) => {
  expect(messagesFor(change)).toEqual([]);
  expect(composeHashOf({ ...EXPECTED, ...change })).toBe(composeHashOf(EXPECTED));
});

test("several changes: names and text first, the rest by its name", () => {
  const change = {
    secure_time: true,
    name: "n",
    allowed_envs: [],
    docker_compose_file: "",
    manifest_version: 3,
    a_new_field: true,
  };
  const fields = compareAppComposes({ ...EXPECTED, ...change }, EXPECTED).map(({ field }) => field);
  expect(fields).toEqual([
    "allowed_envs",
    "docker_compose_file",
    "a_new_field",
    "manifest_version",
    "name",
    "secure_time",
  ]);
});

test("long values that begin alike are told apart", () => {
  const beginning = "x".repeat(100);
  const [message = ""] = compareAppComposes(
    { name: `${beginning}a` },
    { name: `${beginning}b` },
  ).map((difference) => difference.message);
  const [actual, expected] = message.split(", expected ");
  expect(actual?.replace("name is ", "")).not.toBe(expected);
  expect(message.length).toBeLessThan(220);
});

test("every field of either side is compared, whichever has it", () => {
  const both = [
    [EXPECTED, {}],
    [{}, EXPECTED],
  ] as const;
  for (const [actual, expected] of both) {
    const fields = compareAppComposes(actual, expected).map(({ field }) => field);
    expect(fields.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  }
});
