/** What a registry's environment must not lose, what it is given at first, and what may run code beside it. */
import { describe, expect, test } from "vitest";
import { parseCompose } from "../../../src/compose/compose-file.ts";
import { registrySettings } from "../../../src/compose/environment.ts";
import { sha256Hex, type AppCompose } from "../../../src/core/compose-hash.ts";
import type { EnvironmentVariable } from "../../../src/core/ports.ts";
import {
  assertNamesKept,
  namesWithoutList,
  type RequiredVariables,
} from "../../../src/registry/environment-loss.ts";
import { candidateConfigs } from "../../../src/registry/last-known-config.ts";
import { TrustedScripts } from "../../../src/registry/trusted-scripts.ts";
import {
  assertSecretsCanWait,
  firstEnvironment,
  secretsNeededToStart,
  wasMadeWithoutSecrets,
  withoutSecrets,
} from "../../../src/registry/withheld-secrets.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import { APP, approved, recordFrom, whole } from "../../helpers/journal-records.ts";
import { cvmOf, failureOf, memoryCloud, registryFrom } from "../../helpers/memory-cloud.ts";

const REGISTRY = registryFrom(cvmOf());
const WALLET = "GATEWAY_AUTH_COORDINATOR_WALLET";
const LIST = "APPROVED_COMPOSE_HASH";
const variables = (values: Readonly<Record<string, string>>): EnvironmentVariable[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
const made = (empty_names?: string[]): JournalEntry[] => [
  {
    type: "intent",
    intent: "i",
    action: "create-cvm",
    name: "bird-registry",
    app_id: null,
    ...(empty_names && { empty_names, compose_digest: "e".repeat(64) }),
  },
  { type: "outcome", intent: "i", outcome: "done", app_id: APP, vm_uuid: null },
];

const assertKept = (
  declared: readonly string[],
  values: Readonly<Record<string, string>>,
  change: Partial<RequiredVariables> = {},
) =>
  failureOf(() =>
    assertNamesKept(
      {
        registry: REGISTRY,
        environment: variables(values),
        record: recordFrom(),
        walletOptional: false,
        ...change,
      },
      declared,
    ),
  ).catch(() => "kept");

describe("names that an update must not lose", () => {
  test.each<[string, readonly string[], Record<string, string>, Partial<RequiredVariables>]>([
    ["each has a value", ["A", "B"], { A: "1", B: "2", C: "" }, {}],
    ["the list may be empty", [LIST], { [LIST]: "" }, {}],
    ["a wallet that is of no use", [WALLET], { [WALLET]: "" }, { walletOptional: true }],
    ["one that may go", ["A"], {}, { expendable: ["A"] }],
    ["it was made without it", ["A"], { A: "" }, { record: recordFrom(...made(["A"])) }],
    [
      "an earlier version made it, which did not record that",
      ["A"],
      { A: "" },
      { record: recordFrom(...made()) },
    ],
  ])("are kept: %s", async (_, declared, values, change) => {
    expect(await assertKept(declared, values, change)).toBe("kept");
  });

  test.each<[string, readonly string[], Record<string, string>, Partial<RequiredVariables>]>([
    ["one is missing", ["A"], {}, {}],
    ["one is empty", ["A"], { A: "" }, {}],
    ["a missing list", [LIST], {}, {}],
    ["a missing wallet, of no use or not", [WALLET], {}, { walletOptional: true }],
    [
      "another that is empty, where the wallet is of no use",
      ["A"],
      { A: "" },
      { walletOptional: true },
    ],
    ["it was made with it", ["A"], { A: "" }, { record: recordFrom(...made(["B"])) }],
    [
      "it was updated with it since",
      ["A"],
      { A: "" },
      {
        record: recordFrom(...made(["A"]), ...whole([], { settings: { A: "1" }, after: null })),
      },
    ],
  ])("are lost: %s", async (_, declared, values, change) => {
    expect(await assertKept(declared, values, change)).toMatchObject({
      kind: "input",
      code: "environment-incomplete",
      message: `bird-registry has environment variables that an update would lose: ${declared[0]}`,
    });
  });

  test("the hint says of each kind how to keep it, and names all of --registry-env", async () => {
    const declared = ["AWS_REGION", "CAPACITY_THRESHOLD", WALLET, "EXTRA", "KEPT", "MORE"];
    expect(await assertKept(declared, { KEPT: "1" })).toMatchInlineSnapshot(`
      {
        "code": "environment-incomplete",
        "hint": "nothing was sent; put GATEWAY_AUTH_COORDINATOR_WALLET into the environment, as the orchestrator has it; put the values of EXTRA, MORE into the environment, and run: tee-cluster rotate-hash --registry-env EXTRA --registry-env KEPT --registry-env MORE; refer to AWS_REGION, CAPACITY_THRESHOLD in the registry's compose file again",
        "kind": "input",
        "message": "bird-registry has environment variables that an update would lose: AWS_REGION, CAPACITY_THRESHOLD, GATEWAY_AUTH_COORDINATOR_WALLET, EXTRA, MORE",
      }
    `);
    expect(await assertKept([WALLET], {})).toMatchInlineSnapshot(`
      {
        "code": "environment-incomplete",
        "hint": "nothing was sent; put GATEWAY_AUTH_COORDINATOR_WALLET into the environment, as the orchestrator has it",
        "kind": "input",
        "message": "bird-registry has environment variables that an update would lose: GATEWAY_AUTH_COORDINATOR_WALLET",
      }
    `);
    expect(await assertKept(["AWS_REGION"], {})).toMatchInlineSnapshot(`
      {
        "code": "environment-incomplete",
        "hint": "nothing was sent; refer to AWS_REGION in the registry's compose file again",
        "kind": "input",
        "message": "bird-registry has environment variables that an update would lose: AWS_REGION",
      }
    `);
    expect(await assertKept(["EXTRA"], {})).toMatchInlineSnapshot(`
      {
        "code": "environment-incomplete",
        "hint": "nothing was sent; put the values of EXTRA into the environment, and run: tee-cluster rotate-hash --registry-env EXTRA",
        "kind": "input",
        "message": "bird-registry has environment variables that an update would lose: EXTRA",
      }
    `);
  });
});

describe("a registry without a list of its names", () => {
  const TEXT = "services:\n  a:\n    image: x\n    environment: ['A=${A}', 'B=${B:-b}']\n";
  const names = (record: readonly JournalEntry[], certain: boolean, force?: boolean) => {
    const cloud = memoryCloud();
    const unlisted = { registry: REGISTRY, record: recordFrom(...record), certain };
    const found = () =>
      namesWithoutList(
        force === undefined ? unlisted : { ...unlisted, force },
        { docker_compose_file: TEXT },
        cloud.context,
      );
    return { found, cloud };
  };
  const settings = registrySettings(parseCompose(TEXT, "r.yml"), variables({ A: "", X: "" }));

  test("has those of its last update here", () => {
    expect(names([approved([], { settings })], true).found()).toEqual(["A", "X"]);
  });

  test("made here, and never updated: those of its file", () => {
    expect(names(made(), true).found()).toEqual(["A", "B"]);
  });

  test.each([
    ["nothing is recorded of it", [], true],
    ["somebody else may have updated it", [...made(), approved([], { settings })], false],
  ])("may have any other: %s", async (_, record, certain) => {
    expect(await failureOf(names(record, certain).found)).toMatchObject({
      kind: "verification",
      code: "environment-unknown",
    });
    const forced = names(record, certain, true);
    expect(forced.found()).toEqual(["A", "B"]);
    expect(forced.cloud.told).toEqual([expect.stringContaining("(--force-update)")]);
  });

  test("what is known of it is told", async () => {
    expect(await failureOf(names([], true).found)).toMatchInlineSnapshot(`
      {
        "code": "environment-unknown",
        "hint": "nothing was sent; run it on the machine that set the registry up, or, if it has no other variables: tee-cluster rotate-hash --force-update",
        "kind": "verification",
        "message": "the app-compose of bird-registry does not name its environment variables (no allowed_envs), and no update of it is recorded here; its compose file refers to A, B: an update would lose any other",
      }
    `);
    const cloud = memoryCloud();
    const unlisted = { registry: REGISTRY, record: recordFrom(), certain: true };
    expect(await failureOf(() => namesWithoutList(unlisted, {}, cloud.context))).toMatchObject({
      message: expect.stringContaining("its compose file refers to none") as string,
    });
  });
});

const given = (record: readonly JournalEntry[]) =>
  candidateConfigs(REGISTRY, recordFrom(...record)).map((it) => [
    it.composeDigest,
    it.isEmpty("A"),
  ]);

const settingsOf = (digest: string, A: string) => ({ "compose file (sha256)": digest, A });

test("what a registry may have been given last", () => {
  expect(given([])).toEqual([]);
  expect(given(made(["A"]))).toEqual([["e".repeat(64), true]]);
  expect(given(made())).toEqual([[undefined, true]]);
  // An approval of before attempts were written down.
  expect(given([...made(["B"]), approved([], { settings: settingsOf("x", "") })])).toEqual([
    ["x", true],
    ["e".repeat(64), false],
  ]);
  expect(given([...made(), ...whole([], { settings: settingsOf("x", "1") })])).toEqual([
    ["x", false],
    ["x", false],
  ]);
});

const compose = (line: string) =>
  parseCompose(
    `services:\n  a:\n    image: x\n    mem_limit: 5\n    environment:\n      - ${line}\n`,
    "registry.yml",
  );

describe("secrets of a new registry", () => {
  const ENVIRONMENT = variables({
    AWS_ACCESS_KEY_ID: "AKIA",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "eu-west-1",
    EXTRA: "token",
  });
  const OPTIONAL = compose("A=${AWS_SECRET_ACCESS_KEY:-}");
  const NEEDED = compose("A=${AWS_SECRET_ACCESS_KEY:?needed}${EXTRA:?too}${AWS_REGION:?set}");

  test("are left out, names and order stay", () => {
    expect(withoutSecrets(ENVIRONMENT)).toEqual(
      variables({
        AWS_ACCESS_KEY_ID: "",
        AWS_SECRET_ACCESS_KEY: "",
        AWS_REGION: "eu-west-1",
        EXTRA: "",
      }),
    );
  });

  test("are withheld where it starts without them", () => {
    expect(secretsNeededToStart(OPTIONAL, ENVIRONMENT)).toEqual([]);
    expect(firstEnvironment(OPTIONAL, ENVIRONMENT)).toEqual({
      environment: withoutSecrets(ENVIRONMENT),
      withheld: true,
      needed: [],
    });
    const bare = variables({ AWS_ACCESS_KEY_ID: "", AWS_REGION: "eu-west-1" });
    expect(firstEnvironment(OPTIONAL, bare)).toMatchObject({ withheld: false });
  });

  test("are sent where it does not, unless only an attested registry may have them", async () => {
    const first = firstEnvironment(NEEDED, ENVIRONMENT);
    expect(first).toEqual({
      environment: ENVIRONMENT,
      withheld: false,
      needed: ["AWS_SECRET_ACCESS_KEY", "EXTRA"],
    });
    expect(await failureOf(() => assertSecretsCanWait(NEEDED, first))).toMatchInlineSnapshot(`
      {
        "code": "secrets-needed-to-start",
        "hint": "give it an empty default, as in \${AWS_SECRET_ACCESS_KEY:-}, or use --attest auto",
        "kind": "input",
        "message": "registry.yml does not start without AWS_SECRET_ACCESS_KEY and EXTRA, and with --attest require they are sent only to an attested registry",
      }
    `);
    expect(() =>
      assertSecretsCanWait(OPTIONAL, firstEnvironment(OPTIONAL, ENVIRONMENT)),
    ).not.toThrow();
  });

  test.each<[string, readonly JournalEntry[], boolean]>([
    ["made without one", made(["AWS_SECRET_ACCESS_KEY"]), true],
    ["made without one of the operator's", made(["EXTRA"]), true],
    ["made without something else", made([LIST]), false],
    ["made without nothing", made([]), false],
    ["made by an earlier version", made(), false],
    ["not made here", [], false],
    ["updated since", [...made(["EXTRA"]), approved([])], false],
    ["pushed to since", [...made(["EXTRA"]), approved([], { via: "api" })], true],
    [
      "another was updated since",
      [...made(["EXTRA"]), { ...approved([]), app_id: "f".repeat(40) }],
      true,
    ],
  ])("it lacks them: %s", (_, record, expected) => {
    expect(wasMadeWithoutSecrets(REGISTRY, recordFrom(...record))).toBe(expected);
  });
});

const trustIn = (all: TrustedScripts, appCompose: AppCompose, name = "bird-registry") => {
  const cloud = memoryCloud();
  all.assertTrusted(appCompose, name, cloud.context);
  return cloud.told;
};

describe("scripts", () => {
  const SCRIPT = "echo hello\n";
  const SHA = sha256Hex(SCRIPT);
  const NO_TRUST = { pre_launch_scripts: [], app_compose_fields: [] };
  const pinned = (sha256: string) => ({
    ...NO_TRUST,
    pre_launch_scripts: [{ sha256, note: "" }],
  });
  const scripts = (
    change: {
      readonly mode?: "auto" | "require";
      readonly trust?: object;
      readonly flags?: readonly string[];
      readonly before?: readonly string[];
    } = {},
  ) => {
    const { mode = "auto", trust = NO_TRUST, flags = [], before = [] } = change;
    return new TrustedScripts({ mode, trust: trust as never, flags, before: new Set(before) });
  };
  test("the first one is trusted and shown, once; from then on no other", async () => {
    const all = scripts();
    expect(all.mayTrustFirst).toBe(true);
    expect(trustIn(all, { pre_launch_script: SCRIPT })).toEqual([
      `detail: the pre-launch script of bird-registry:\n${SCRIPT}`,
    ]);
    expect(trustIn(all, { pre_launch_script: SCRIPT }, "bird-runner-temp")).toEqual([]);
    expect(all.trusted).toEqual([{ sha256: SHA, of: "bird-registry", why: "first-use" }]);
    expect([...all.digests]).toEqual([SHA]);
    expect(all.mayTrustFirst).toBe(false);
    expect(await failureOf(() => trustIn(all, { pre_launch_script: "evil" })))
      .toMatchInlineSnapshot(`
      {
        "code": "attest-compose",
        "hint": "nothing was approved or sent; read it with phala cvms get bird-registry --json; if it is right, run the same command again with --trust-script b5c1fb2efc6d6b4674c2fdcc48ce01b43a3b7c03763c0c3355de0099ee0f8c73",
        "kind": "verification",
        "message": "the pre-launch script of bird-registry has the SHA-256 b5c1fb2efc6d6b4674c2fdcc48ce01b43a3b7c03763c0c3355de0099ee0f8c73; trusted: 5dbad7dd0b9b122dcd9956884390f4aac4738caba8ff53498a7ab6718b176c30",
      }
    `);
  });

  test("none at all is no matter", () => {
    const all = scripts({ mode: "require" });
    expect(trustIn(all, {})).toEqual([]);
    expect(trustIn(all, { pre_launch_script: "" })).toEqual([]);
    expect(all.trusted).toEqual([]);
  });

  test.each([
    ["before", { before: [SHA] }, "trusted-before"],
    ["by the trust file", { trust: pinned(SHA) }, "pinned"],
    ["by a flag", { flags: [SHA], trust: pinned(SHA) }, "trust-script"],
    ["by the trust file, with require", { mode: "require", trust: pinned(SHA) }, "pinned"],
  ] as const)("trusted %s", (_, change, why) => {
    const all = scripts(change);
    expect(trustIn(all, { pre_launch_script: SCRIPT })).toEqual([]);
    expect(all.trusted).toEqual([{ sha256: SHA, of: "bird-registry", why }]);
  });

  test.each([
    ["another was trusted before", { before: ["f".repeat(64)] }],
    ["the trust file pins another", { trust: pinned("f".repeat(64)) }],
    ["require trusts none by itself", { mode: "require" }],
    ["require does not go by what was before", { mode: "require", before: [SHA] }],
  ] as const)("refused: %s", async (_, change) => {
    const all = scripts(change);
    expect(all.mayTrustFirst).toBe(false);
    expect(await failureOf(() => trustIn(all, { pre_launch_script: SCRIPT }))).toMatchObject({
      kind: "verification",
      code: "attest-compose",
      message: expect.stringContaining(SHA) as string,
    });
    expect(all.trusted).toEqual([]);
  });

  test("what is trusted is named once, or that nothing is", async () => {
    const sha = "f".repeat(64);
    const both = scripts({ before: [sha], trust: pinned(sha) });
    expect(await failureOf(() => trustIn(both, { pre_launch_script: SCRIPT }))).toMatchObject({
      message: expect.stringMatching(/trusted: f{64}$/) as string,
    });
    const none = scripts({ mode: "require" });
    expect(await failureOf(() => trustIn(none, { pre_launch_script: SCRIPT }))).toMatchObject({
      message: expect.stringMatching(/trusted: none$/) as string,
    });
  });

  test("a field that may run code must be pinned", async () => {
    const field = { init_script: "sh x" };
    expect(await failureOf(() => trustIn(scripts(), field))).toMatchInlineSnapshot(`
      {
        "code": "attest-compose",
        "hint": "nothing was approved or sent; if it is right, pin it under app_compose_fields in tee-cluster.trust.json",
        "kind": "verification",
        "message": "bird-registry has init_script in its app-compose, which may run code and is not pinned (sha256 f336e765f452795e1153b181a93d72fc3ad6db2c29feb898067b4ef8409b8866)",
      }
    `);
    const pin = { name: "init_script", sha256: sha256Hex('"sh x"'), note: "" };
    const trust = { ...NO_TRUST, app_compose_fields: [pin] };
    expect(trustIn(scripts({ trust }), field)).toEqual([]);
  });
});
