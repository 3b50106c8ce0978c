/**
 * Inputs that are wrong, as data: the unit tests resolve each, and an end-to-end test can run each through the
 * built program. All end with exit code 2 and nothing touched.
 */
import type { InputKey } from "../../../src/inputs/table.ts";

export type BadInput = {
  /** What is wrong with it. */
  readonly about: string;
  readonly input: InputKey;
  readonly value: string;
  /** The variable to give it by, where it is not by the flag (secrets) or not by the first variable. */
  readonly variable?: string;
  /** Parts of the message; each must be in it. */
  readonly says: readonly string[];
  /** What must not be in any output. */
  readonly hides?: string;
  readonly exitCode: 2;
};

type Row = readonly [about: string, value: string, ...says: string[]];

function bad(input: InputKey, rows: readonly Row[]): BadInput[] {
  return rows.map(([about, value, ...says]) => ({ about, input, value, says, exitCode: 2 }));
}

/** As `bad`, for values that must not be repeated. */
function badSecret(input: InputKey, variable: string, rows: readonly Row[]): BadInput[] {
  return bad(input, rows).map((row) => ({
    ...row,
    variable,
    says: [variable, ...row.says],
    hides: row.value.trim(),
  }));
}

const NAMES = bad("clusterName", [
  ["empty", "", '""', "start with a letter"],
  ["48 characters", "a".repeat(48), "48 characters", "at most 47"],
  ["an underscore", "bird_tracker", '"bird_tracker"', "letters, digits and hyphens"],
  ["a double hyphen", "bird--tracker", '"bird--tracker"', "two hyphens in a row"],
  ["a hyphen at the end", "bird-", '"bird-"', "end with a hyphen"],
  ["a hyphen at the start", "-bird", '"-bird"', "start with a letter"],
  ["a digit at the start", "1bird", '"1bird"', "start with a letter"],
  ["letters beyond ASCII", "bîrd", '"bîrd"', "letters, digits and hyphens"],
  ["shell characters", "bird;rm -rf ~", '"bird;rm -rf ~"', "letters, digits and hyphens"],
  ["a substitution", "bird$(id)", '"bird$(id)"', "letters, digits and hyphens"],
  ["a newline at the end", "bird\n", String.raw`"bird\n"`, "letters, digits and hyphens"],
]);

const NUMBERS = [
  ...bad("spawnteePort", [
    ["zero", "0", '"0"', "from 1 to 65535"],
    ["too large", "65536", '"65536"', "from 1 to 65535"],
    ["negative", "-1", '"-1"', "from 1 to 65535"],
    ["a fraction", "9010.5", '"9010.5"', "from 1 to 65535"],
    ["hexadecimal", "0x2332", '"0x2332"', "from 1 to 65535"],
    ["no number", "http", '"http"', "from 1 to 65535"],
    ["blanks around", " 9010", '" 9010"', "from 1 to 65535"],
  ]),
  ...bad("memoryPerModelMb", [
    ["zero", "0", '"0"', "of 1 or more"],
    ["a unit", "1024MB", '"1024MB"', "of 1 or more"],
    ["an exponent", "1e3", '"1e3"', "of 1 or more"],
    ["more than the instance has", "4097", "4097 MB is more than a tdx.medium has (4096 MB)"],
  ]),
  ...bad("maxModels", [
    ["negative", "-1", '"-1"', "of 0 or more"],
    ["beyond what is exact", "9007199254740993", '"9007199254740993"', "of 0 or more"],
  ]),
  ...bad("provisionFactor", [
    ["zero", "0", '"0"', "above 0 and up to 1"],
    ["above one", "1.01", '"1.01"', "above 0 and up to 1"],
    ["per cent", "80%", '"80%"', "above 0 and up to 1"],
    ["not a number", "NaN", '"NaN"', "above 0 and up to 1"],
    ["an exponent", "1e-1", '"1e-1"', "above 0 and up to 1"],
    ["a decimal comma", "0,8", '"0,8"', "above 0 and up to 1"],
  ]),
  ...bad("capacityThreshold", [["negative", "-0.5", '"-0.5"', "above 0 and up to 1"]]),
  ...bad("watcherIntervalSeconds", [["zero", "0", '"0"', "from 1 to"]]),
];

const PLACES = [
  ...bad("instanceType", [
    ["upper case", "TDX.medium", '"TDX.medium"', "such as tdx.medium"],
    ["a blank", "tdx medium", '"tdx medium"', "such as tdx.medium"],
  ]),
  ...bad("awsRegion", [
    ["a zone", "eu-west-1a", '"eu-west-1a"', "such as eu-west-1"],
    ["a place", "Ireland", '"Ireland"', "such as eu-west-1"],
  ]),
  ...bad("cvmBaseDomain", [
    ["a scheme", "https://example.com", '"https://example.com"', "no scheme"],
    ["a slash", "example.com/", '"example.com/"', "no slash"],
  ]),
  ...bad("phalaApiUrl", [
    ["no URL", "cloud-api", '"cloud-api"', "invalid URL"],
    ["another scheme", "ftp://example.com", '"ftp://example.com"', "must begin with https://"],
    [
      "plain http to another host",
      "http://example.com",
      '"http://example.com"',
      "http only to this machine",
    ],
    ["a host like loopback's", "http://127.0.0.1.example.com", "http only to this machine"],
  ]),
  ...bad("gatewayUrl", [
    ["without the app", "https://{port}.example.com", "lacks {app_id}"],
    ["without the port", "https://{app_id}.example.com", "lacks {port}"],
    ["a misspelt placeholder", "https://{app_id}-{port}.{domain}", "{domain} is none of"],
    ["an open brace", "https://{app_id}-{port}.example.com/{", "brace"],
    [
      "another scheme",
      "ftp://{app_id}-{port}.{node}",
      '"ftp://{app_id}-{port}.{node}"',
      "must begin with https://",
    ],
    [
      "a query",
      "https://{app_id}-{port}.{node}/?a=b",
      'must not have a query or fragment after "https://{app_id}-{port}.{node}/"',
    ],
  ]),
  ...bad("registryCompose", [
    ["a NUL", "a\0b", "control characters"],
    ["blank", " ", "is empty"],
  ]),
  ...bad("stateDir", [["empty", "", "is empty"]]),
];

const WORDS = [
  ...bad("timeoutMs", [
    ["no unit", "10", '"10"', "such as 500ms, 2s or 10m"],
    ["zero", "0s", '"0s"', "such as 500ms, 2s or 10m"],
    ["more than a day", "25h", '"25h"', "up to 24h"],
    ["less than a millisecond", "0.5ms", '"0.5ms"', "such as 500ms, 2s or 10m"],
    ["negative", "-1s", '"-1s"', "such as 500ms, 2s or 10m"],
  ]),
  ...bad("pollIntervalMs", [
    ["an unknown unit", "2 seconds", '"2 seconds"', "such as 500ms, 2s or 10m"],
  ]),
  ...bad("registryEnv", [
    ["a value behind the name", "LOG_LEVEL=debug", "the name alone", "from the environment"],
    ["not a name", "LOG LEVEL", '"LOG LEVEL"', "letters, digits and _"],
    ["a name of ours", "APPROVED_COMPOSE_HASH", "set by tee-cluster itself"],
    ["the mode", "MODE", "set by tee-cluster itself"],
    ["our own key", "PHALA_CLOUD_API_KEY", "must not reach a CVM"],
    ["SSH keys", "DSTACK_AUTHORIZED_KEYS", "SSH"],
  ]),
  ...bad("orchestratorSchema", [["an unknown schema", "v3", '"v3"', "v1, v2"]]),
  ...bad("crunches", [
    ["a blank in the id", "bird tracker", '"bird tracker"', "letters, digits, _ and -"],
    ["no id", "=name", '"=name"', "letters, digits, _ and -"],
    ["an empty name", "bird=", '"bird="', "is empty"],
  ]),
  ...bad("watcher", [
    ["no type", "models.yml", '"models.yml"', "yaml:PATH nor onchain:URL"],
    ["an unknown type", "json:models.json", '"json:models.json"', "yaml:PATH nor onchain:URL"],
    ["no path", "yaml:", '"yaml:"', "yaml:PATH nor onchain:URL"],
    ["no URL", "onchain:nowhere", '"nowhere"', "invalid URL"],
  ]),
];

const SECRETS = [
  ...bad("awsAccessKeyId", [
    ["a temporary key", "ASIAIOSFODNN7EXAMPLE", "ASIA", "temporary", "session token"],
    ["too short", "AKIA", '"AKIA"', "16 to 128 capital letters"],
  ]),
  ...badSecret("awsAccessKeyId", "AWS_ACCESS_KEY_ID", [
    [
      "the secret in its place",
      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      "40 characters",
      "the secret key?",
    ],
  ]),
  ...badSecret("awsSecretAccessKey", "AWS_SECRET_ACCESS_KEY", [
    ["a newline at the end", "canary/canary+canary/canary\n", "line break"],
    ["a blank at the end", "canary/canary+canary/canary ", "blank"],
    ["a blank inside", "canary/canary canary/canary", "blank"],
    ["too short", "canary", "too short"],
    ["letters beyond ASCII", "canary/canäry+canary/canary", "printable ASCII"],
  ]),
  ...badSecret("phalaApiKey", "PHALA_API_KEY", [["a blank inside", "phak_canary canary", "blank"]]),
  ...badSecret("phalaApiKey", "PHALA_CLOUD_API_KEY", [
    ["a newline", "phak_canary\ncanary", "line break"],
  ]),
  ...badSecret("phalaApiUrl", "PHALA_API_URL", [
    ["credentials", "https://user:canary@example.com", "credentials"],
    ["credentials, and no URL", "https://user:canary@exa mple", "credentials"],
    ["credentials, and no scheme", "user:canary@example.com", "credentials"],
    ["credentials, and no slashes", "https:user:canary@exa mple", "credentials"],
    ["credentials with a slash", "https://user:/canary@exa mple", "credentials"],
    ["a token in the query", "https://example.com/?token=canary", "query"],
    ["a token in the query, and no URL", "https://exa mple/?token=canary", "query"],
  ]).map((row) => ({ ...row, hides: "canary" })),
];

const HIDDEN_URLS = [
  ...badSecret("gatewayUrl", "TEE_CLUSTER_GATEWAY_URL", [
    ["credentials, and no port", "https://user:canary@{app_id}.example.com", "credentials"],
    [
      "credentials, and a misspelt placeholder",
      "https://user:canary@{app_id}-{port}.{oops}",
      "credentials",
    ],
    ["a token, and no port", "https://{app_id}.example.com/?token=canary", "query"],
  ]),
  ...bad("watcher", [
    ["credentials", "onchain:https://user:canary@rpc.example.com", "credentials"],
    ["credentials, and no type", "https://user:canary@rpc.example.com", "credentials"],
    [
      "a token, and plain http",
      "onchain:http://rpc.example.com/?key=canary",
      "must begin with https://",
    ],
  ]),
].map((row) => ({ ...row, hides: "canary" }));

export const BAD_INPUTS: readonly BadInput[] = [
  ...NAMES,
  ...NUMBERS,
  ...PLACES,
  ...WORDS,
  ...SECRETS,
  ...HIDDEN_URLS,
];
