/**
 * What is wrong and needs files, the platform or the command line itself, as data. The single values that are
 * wrong are in `test/unit/inputs/bad-inputs.ts`; the end-to-end test runs both.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { CANARIES, COMPOSE_FOLDER } from "../helpers/program.ts";

/** A folder instead of a file. */
export const FOLDER = Symbol("folder");

export type BadCase = {
  readonly about: string;
  /** The whole command line. */
  readonly args: readonly string[];
  /** Undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Files to make in the working folder; no two cases share a name. */
  readonly files?: Readonly<Record<string, string | Uint8Array | typeof FOLDER>>;
  readonly exitCode: 2 | 3;
  readonly code: string;
  /** Parts of the message. */
  readonly says: readonly string[];
  /** Part of the hint, or several. */
  readonly hint: string | readonly string[];
  /** What must not be in any output. */
  readonly hides?: readonly string[];
  /** Where given: for each line of the message, in any order, the parts that one of them must have. */
  readonly lines?: readonly (readonly string[])[];
};

type File = string | Uint8Array | typeof FOLDER;

const init = (...rest: string[]): string[] => ["init", "--json", "--yes", ...rest];

function composeText(role: "registry" | "runner"): string {
  return readFileSync(path.join(COMPOSE_FOLDER, `docker-compose.phala.${role}.yml`), "utf8");
}

type ComposeRow = {
  readonly about: string;
  readonly file: string;
  /** Undefined: it is missing. */
  readonly content: File | undefined;
  readonly says: string | readonly string[];
  readonly hint: string;
  /** Where it can be only one of the two. */
  readonly role?: "registry" | "runner";
};

const COMPOSE_ROWS: readonly ComposeRow[] = [
  {
    about: "missing",
    file: "missing.yml",
    content: undefined,
    says: "does not exist",
    hint: "--registry-compose",
  },
  { about: "empty", file: "empty.yml", content: "", says: "is empty", hint: "spawntee" },
  {
    about: "a comment alone",
    file: "comment.yml",
    content: "# later\n",
    says: "is not",
    hint: "services",
  },
  {
    about: "not YAML",
    file: "broken.yml",
    content: "services:\n  a: [1\n b: {",
    says: "is not valid YAML",
    hint: "syntax",
  },
  {
    about: "a list",
    file: "list.yml",
    content: "- services\n- volumes\n",
    says: "is not a compose file",
    hint: "services",
  },
  {
    about: "a text",
    file: "text.yml",
    content: "hello\n",
    says: "is not a compose file",
    hint: "services",
  },
  {
    about: "without services",
    file: "no-services.yml",
    content: "volumes:\n  a: {}\n",
    says: "is not a compose file: `services` is missing",
    hint: "at least one service",
  },
  {
    about: "with no service in it",
    file: "no-service.yml",
    content: "services: {}\n",
    says: "there is no service",
    hint: "at least one service",
  },
  {
    about: "without any port",
    file: "no-port.yml",
    role: "registry",
    content: composeText("registry").replaceAll(/ {4}ports:\n(?: {6}[-#] .*\n)+/g, ""),
    says: "publishes the spawntee port 9010",
    hint: '"9010:8080"',
  },
  {
    about: "with another port",
    file: "other-port.yml",
    role: "registry",
    content: composeText("registry").replace("9010:8080", "9011:8080"),
    says: "publishes the spawntee port 9010",
    hint: "--spawntee-port",
  },
  {
    about: "without the placeholder of the hash",
    file: "no-hash.yml",
    role: "registry",
    content: composeText("registry").replace("${APPROVED_COMPOSE_HASH:-}", "fixed"),
    // It would refuse every runner but the one that the file names, and accept that one unasked.
    says: ["the value is not that of ${APPROVED_COMPOSE_HASH}", "(fail-open)"],
    hint: "APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH}",
  },
  {
    about: "with the placeholder in a comment only",
    file: "comment-only.yml",
    content: composeText("runner").replace("- REGISTRY_URL=", "# - REGISTRY_URL="),
    says: "the service does not get ${REGISTRY_URL}",
    hint: "REGISTRY_URL=${REGISTRY_URL}",
    role: "runner",
  },
  {
    about: "too large for the API",
    file: "large.yml",
    content: composeText("runner") + `# ${"x".repeat(99)}\n`.repeat(2100),
    says: "200 KB at most",
    hint: "shorter",
    role: "runner",
  },
  {
    about: "binary",
    file: "binary.yml",
    content: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe),
    says: "is not text",
    hint: "compose file",
  },
  {
    about: "UTF-16",
    file: "utf16.yml",
    content: Buffer.from(`\uFEFF${composeText("runner")}`, "utf16le"),
    says: "is not text",
    hint: "compose file",
    role: "runner",
  },
  {
    about: "a directory",
    file: "a-folder",
    content: FOLDER,
    says: "is a directory",
    hint: "path of the file",
  },
];

/** Two at a time: a run of all checks starts the real CLI twice, and all failures are told together. */
function composePairs(): BadCase[] {
  const registry = rowsOf("registry");
  const runner = rowsOf("runner");
  for (const row of rowsOf(undefined))
    (registry.length < runner.length ? registry : runner).push(row);
  if (registry.length !== runner.length)
    throw new Error("add a compose row: one would run without another");
  return registry.map((row, index) => composeCase(row, runner[index] ?? row));
}

function rowsOf(role: ComposeRow["role"]): ComposeRow[] {
  return COMPOSE_ROWS.filter((row) => row.role === role);
}

function composeCase(registry: ComposeRow, runner: ComposeRow): BadCase {
  const rows = [registry, runner];
  const files = rows.flatMap(({ file, content }) =>
    content === undefined ? [] : [[file, content] as const],
  );
  return {
    about: `compose files: ${registry.about}; ${runner.about}`,
    args: init("--registry-compose", registry.file, "--runner-compose", runner.file),
    files: Object.fromEntries(files),
    exitCode: 3,
    code: "prerequisites-failed",
    says: [],
    lines: [
      ...[registry.says].flat().map((says) => ["Registry compose file", registry.file, says]),
      ...[runner.says].flat().map((says) => ["Runner compose file", runner.file, says]),
    ],
    hint: rows.map(({ hint }) => hint),
  };
}

const PLATFORM: readonly BadCase[] = [
  {
    about: "an instance type that Phala does not have",
    args: init("--instance-type", "tdx.mediun"),
    exitCode: 3,
    code: "instance-type",
    says: ['"tdx.mediun"'],
    hint: "--instance-type tdx.medium",
  },
  {
    about: "an instance type like none",
    args: init("--instance-type", "h200.enormous"),
    exitCode: 3,
    code: "instance-type",
    says: ['"h200.enormous"'],
    hint: "tdx.small",
  },
  {
    about: "a node that Phala does not have",
    args: init("--node", "prod99"),
    exitCode: 3,
    code: "node",
    says: ['"prod99"'],
    hint: "prod10",
  },
  {
    about: "more memory per model than the chosen instance has",
    args: init("--instance-type", "tdx.small", "--memory-per-model", "2049"),
    exitCode: 2,
    code: "invalid-inputs",
    says: ["2049 MB", "tdx.small", "2048 MB"],
    hint: "change one",
  },
  {
    about: "an API key that Phala does not take",
    args: init(),
    env: { PHALA_API_KEY: "phak_canary_wrong_key" },
    exitCode: 3,
    code: "api-key",
    says: ["Phala API key"],
    hint: "PHALA_API_KEY",
    hides: ["phak_canary_wrong_key"],
  },
  {
    about: "no phala program",
    args: init("--phala-bin", "./no-such-phala"),
    exitCode: 3,
    code: "phala-cli",
    says: ["no-such-phala"],
    hint: "npm install -g phala",
  },
  {
    about: "a directory where orchestrator.yml is to be",
    args: init("--orchestrator-config", "config-folder"),
    files: { "config-folder": FOLDER },
    exitCode: 3,
    code: "orchestrator-config",
    says: ["config-folder is a directory"],
    hint: "--orchestrator-config",
  },
  {
    about: "a gateway key that is none",
    args: init("--gateway-key-path", "no-key.pem", "--gateway-auth-wallet", "0xw"),
    files: { "no-key.pem": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n" },
    exitCode: 3,
    code: "gateway-key",
    says: ["no-key.pem"],
    hint: "--gateway-key-path",
    hides: ["canary"],
  },
];

type ConfigRow = readonly [
  about: string,
  file: string,
  content: File | undefined,
  says: string,
  hint: string,
  hides?: string,
];

const CONFIG_ROWS: readonly ConfigRow[] = [
  [
    "misspelt key",
    "c-key.yml",
    "cluster-nmae: bird\n",
    '"cluster-nmae"',
    "did you mean cluster-name?",
  ],
  ["key like none", "c-none.yml", "colour: blue\n", '"colour"', "tee-cluster init --help"],
  [
    "secret in it",
    "c-secret.yml",
    "aws-secret-access-key: canary/canary\n",
    "is a secret",
    "AWS_SECRET_ACCESS_KEY",
    "canary",
  ],
  [
    "API key in it",
    "c-api.yml",
    "phala-api-key: phak_canary\n",
    "is a secret",
    "PHALA_API_KEY",
    "phak_canary",
  ],
  [
    "value of the wrong type",
    "c-type.yml",
    "cluster-name: [bird]\n",
    "cluster-name must be",
    "cluster-name: <name>",
  ],
  ["value that is a mapping", "c-map.yml", "node:\n  id: 1\n", "node must be", "node:"],
  [
    "list instead of a mapping",
    "c-list.yml",
    "- cluster-name: bird\n",
    "is not a mapping",
    "cluster-name:",
  ],
  ["text instead of a mapping", "c-text.yml", "bird\n", "is not a mapping", "cluster-name:"],
  ["syntax error", "c-yaml.yml", "cluster-name: [bird\n", "c-yaml.yml:2: ", "fix the YAML"],
  ["key twice", "c-twice.yml", "node: a\nnode: b\n", "the same key twice", "fix the YAML"],
  [
    "binary content",
    "c-binary.yml",
    Uint8Array.of(0x7f, 0x45, 0, 0xff),
    "is not a text file",
    "--config",
  ],
  ["size beyond reason", "c-large.yml", "# x\n".repeat(20_000), "has 80000 bytes", "--config"],
  ["path of nothing", "c-missing.yml", undefined, "can't be read", "--config"],
  ["path of a directory", "c-folder", FOLDER, "can't be read", "--config"],
];

const CONFIG: readonly BadCase[] = CONFIG_ROWS.map(([about, file, content, says, hint, hides]) => ({
  about: `a config file with a ${about}`,
  args: init("--config", file),
  ...(content === undefined ? {} : { files: { [file]: content } }),
  exitCode: 2,
  code: "config-file-invalid",
  says: [file, says],
  hint,
  ...(hides === undefined ? {} : { hides: [hides] }),
}));

/** As the other rows, for the words of the command line. */
function usage(
  about: string,
  args: readonly string[],
  code: string,
  says: string,
  hint: string,
): BadCase {
  return { about, args, exitCode: 2, code, says: [says], hint };
}

const USAGE: readonly BadCase[] = [
  usage(
    "a misspelt flag",
    init("--clustr-name", "b"),
    "unknown-option",
    '"--clustr-name"',
    "--cluster-name?",
  ),
  usage("a misspelt flag with =", init("--nodes=x"), "unknown-option", '"--nodes"', "mean --node?"),
  usage(
    "a flag like none",
    init("--xyzzy-plugh"),
    "unknown-option",
    '"--xyzzy-plugh"',
    "init --help",
  ),
  usage("a short flag", init("-x"), "unknown-option", '"-x"', "init --help"),
  usage(
    "a flag of another command",
    ["doctor", "--json", "--adopt"],
    "unknown-option",
    '"--adopt"',
    "init",
  ),
  usage(
    "a flag before the command",
    ["--json", "init"],
    "unknown-option",
    '"--json"',
    "init --json",
  ),
  usage(
    "a flag without its value",
    init("--node"),
    "option-without-value",
    "--node needs",
    "--node <",
  ),
  usage(
    "a value for a switch",
    init("--yes=no"),
    "option-with-value",
    "--yes takes no value",
    "--yes alone",
  ),
  usage("a misspelt command", ["inti", "--json"], "unknown-command", '"inti"', "tee-cluster init"),
  usage(
    "a word of other tools",
    ["rotate", "--json"],
    "unknown-command",
    '"rotate"',
    "tee-cluster rotate-hash",
  ),
  usage("another one", ["rm", "--json"], "unknown-command", '"rm"', "tee-cluster destroy"),
  usage(
    "a command like none",
    ["frobnicate", "--json"],
    "unknown-command",
    '"frobnicate"',
    "doctor",
  ),
  usage(
    "a superfluous argument",
    init("bird-tracker"),
    "excess-argument",
    '"bird-tracker"',
    "as an option",
  ),
  usage(
    "two superfluous arguments",
    ["doctor", "--json", "a", "b"],
    "excess-argument",
    '"a"',
    "doctor --help",
  ),
  usage(
    "a misspelt word of a group",
    ["config", "migrat", "--json"],
    "unknown-command",
    "config has",
    "config migrate",
  ),
  usage(
    "a word like none of a group",
    ["config", "bogus", "--json"],
    "unknown-command",
    '"bogus"',
    "use one of show, init, migrate",
  ),
  usage(
    "the second word alone",
    ["migrate", "--json"],
    "unknown-command",
    '"migrate"',
    "tee-cluster config migrate",
  ),
  usage(
    "a flag of a group",
    ["config", "--json"],
    "unknown-option",
    "config has",
    "tee-cluster config show --json",
  ),
  usage(
    "a flag like none behind two words",
    ["config", "migrate", "--json", "--xyzzy"],
    "unknown-option",
    'config migrate has no option "--xyzzy"',
    "tee-cluster config migrate --help",
  ),
  usage(
    "one argument too many",
    ["config", "migrate", "a", "b", "--json"],
    "excess-argument",
    'config migrate takes one argument, but was also given "b"',
    "tee-cluster config migrate --help",
  ),
  {
    ...usage(
      "a secret as a flag",
      init("--aws-secret-access-key=canary/123"),
      "unknown-option",
      "--aws",
      "AWS",
    ),
    hides: ["canary/123"],
  },
  {
    ...usage(
      "a secret as an argument",
      init("phak_canary_123"),
      "excess-argument",
      "15 characters",
      "option",
    ),
    hides: ["phak_canary_123"],
  },
  {
    ...usage(
      "our own secret as an argument",
      init(CANARIES.awsSecret),
      "excess-argument",
      "init",
      "option",
    ),
    hides: [CANARIES.awsSecret],
  },
];

const MISSING: readonly BadCase[] = [
  {
    about: "nothing given: all that is missing at once, key and wallet of schema v2 with it",
    args: init("--orchestrator-schema", "v2"),
    env: {
      TEE_CLUSTER_NAME: undefined,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      PHALA_API_KEY: undefined,
    },
    exitCode: 2,
    code: "missing-inputs",
    says: [
      "--cluster-name",
      "TEE_CLUSTER_NAME",
      "--aws-access-key-id",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "PHALA_API_KEY",
      "--gateway-key-path (GATEWAY_KEY_PATH), required with schema v2",
      "--gateway-auth-wallet (GATEWAY_AUTH_COORDINATOR_WALLET), required with schema v2",
    ],
    hint: "environment variable",
  },
  {
    about: "one wrong and one missing: both",
    args: init("--spawntee-port", "http"),
    env: { AWS_SECRET_ACCESS_KEY: "" },
    exitCode: 2,
    code: "invalid-inputs",
    says: ['"http"', "missing: AWS_SECRET_ACCESS_KEY"],
    hint: "--help",
  },
  {
    about: "two wrong files: both",
    args: init("--registry-compose", "neither.yml", "--runner-compose", "nor.yml"),
    exitCode: 3,
    code: "prerequisites-failed",
    says: ["neither.yml does not exist", "nor.yml does not exist"],
    hint: "--runner-compose",
  },
];

const PROXY: BadCase = {
  about: "a proxy that is none",
  args: init(),
  env: { HTTPS_PROXY: "socks5://somebody:canary-password@proxy.example:1080" },
  exitCode: 2,
  code: "bad-proxy",
  says: ["HTTPS_PROXY"],
  hint: "HTTPS_PROXY=http://",
  hides: ["canary-password", "somebody"],
};

/** Refused before anything is asked of the platform: quick. */
export const LOCAL_CASES: readonly BadCase[] = [...CONFIG, ...USAGE, ...MISSING, PROXY];
/** Refused by the checks of step 1. */
/** Named with `--record` where no runner needs it, so nothing else would read it. */
const RECORD: BadCase = {
  about: "a hash record that is not there",
  args: init("--record", "no-record.json"),
  exitCode: 2,
  code: "hash-record-unreadable",
  says: ["no-record.json"],
  hint: "hash --export",
};

export const CHECKED_CASES: readonly BadCase[] = [...composePairs(), ...PLATFORM, RECORD];
