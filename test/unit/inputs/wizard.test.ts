/** The wizard's own rules, with scripted answers: what is asked, what stays, and what is taken over. */
import { describe, expect, test } from "vitest";
import { inputsIn, type InputKey } from "../../../src/inputs/table.ts";
import type { Prompter } from "../../../src/inputs/prompts.ts";
import { resolveInputs, type Answers, type Raw } from "../../../src/inputs/resolve.ts";
import { runWizard, type Verdict, type WizardResult } from "../../../src/inputs/wizard.ts";
import { describeOutlook, type ExistingRegistry } from "../../../src/inputs/wizard-outlook.ts";
import { toClusterInputs } from "../../../src/inputs/values.ts";

const ENV = {
  HOME: "/home/somebody",
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example/secret+of/forty-characters-000000",
  PHALA_API_KEY: "phak_example_key",
  // Any files that are there: what is in them is not looked at here.
  TEE_CLUSTER_REGISTRY_COMPOSE: "package.json",
  TEE_CLUSTER_RUNNER_COMPOSE: "package.json",
};
const OFFERS = { nodes: [], instanceTypes: [], composeFiles: [] };
type Given = { readonly env: Readonly<Record<string, string>>; readonly examples: Raw };
const CLEAR: Verdict = { problem: undefined, registry: undefined, hashRecorded: false };

const startWith = (flags: Raw, { env = ENV, examples = {} }: Partial<Given> = {}): Answers =>
  resolveInputs({
    flags,
    env,
    config: { path: undefined, values: {} },
    examples,
    keys: inputsIn("connection", "cluster", "aws", "procedure"),
  });

/** A person who answers in this order: `undefined` is Enter, a choice goes by its name. */
function person(answers: readonly (string | undefined)[]) {
  const left = [...answers];
  const heard: string[] = [];
  const printed: string[] = [];
  const prompter: Prompter = {
    async text({ message, initial, validate }) {
      heard.push(message);
      const answer = left.shift() ?? initial ?? "";
      const verdict = await validate(answer);
      if (verdict !== true) throw new Error(`${message}: ${verdict}`);
      return answer;
    },
    async secret({ message, validate }) {
      heard.push(message);
      const answer = left.shift() ?? "";
      if (answer === "" && (await validate("")) === true) return "";
      if (!answer.startsWith("SECRET ")) throw new Error(`no secret at: ${message}`);
      return answer.slice("SECRET ".length);
    },
    async choose({ message, choices }) {
      heard.push(`${message} ${choices.map(({ name }) => name).join(" | ")}`);
      const answer = left.shift();
      const chosen = choices.find(({ name }) => answer === undefined || name.startsWith(answer));
      if (!chosen) throw new Error(`no choice ${answer} at: ${heard.at(-1)}`);
      return chosen.value;
    },
    async confirm() {
      throw new Error("nothing is confirmed here");
    },
    print: (text) => void printed.push(text),
    fits: () => true,
    show: async (text) => void printed.push(text),
  };
  return { prompter, heard, printed };
}

/** Recorded of clusters: what `complete` fills in. */
const RECORDED: Readonly<Record<string, Partial<Answers["values"]>>> = {
  bird: { awsRegion: "eu-central-1", capacityThreshold: 0.5, orchestratorSchema: "v2" },
  owl: { capacityThreshold: 0.6 },
};

async function complete(answers: Answers): Promise<Answers> {
  const recorded = RECORDED[answers.values.clusterName ?? ""] ?? {};
  const open = (Object.keys(recorded) as InputKey[]).filter((key) =>
    ["default", undefined].includes(answers.origins[key]),
  );
  return {
    ...answers,
    values: {
      ...answers.values,
      ...Object.fromEntries(open.map((key) => [key, recorded[key as "node"]])),
    },
    origins: { ...answers.origins, ...Object.fromEntries(open.map((key) => [key, "record"])) },
  };
}

type Scene = {
  readonly flags?: Raw;
  readonly verify?: (takeOver: string | undefined, cluster: string) => Verdict;
  readonly planOnly?: boolean;
  /** Names that another cluster's collide with. */
  readonly taken?: readonly string[];
  readonly saved?: Answers[];
  readonly given?: Given;
};

async function wizard(
  answers: readonly (string | undefined)[],
  { flags = {}, verify = () => CLEAR, planOnly = false, saved = [], taken = [], given }: Scene = {},
): Promise<
  WizardResult & { readonly heard: readonly string[]; readonly printed: readonly string[] }
> {
  const { prompter, heard, printed } = person(answers);
  const result = await runWizard({
    start: startWith(flags, given),
    offers: OFFERS,
    prompter,
    planOnly,
    saveTo: "tee-cluster.yml",
    async save(kept) {
      saved.push(kept);
      return ["watcher"];
    },
    writeTemplate: async (key) => `written/${key}.yml`,
    complete,
    nameProblem: async (name) => (taken.includes(name) ? `${name} collides` : undefined),
    verify: async ({ cluster }, takeOver) => verify(takeOver, cluster.clusterName),
  });
  return { ...result, heard, printed };
}

const ENTER = undefined;
/** Region, instance type, node and memory as they stand. */
const SIZES_AS_THEY_STAND = [ENTER, ENTER, ENTER, ENTER];
/** The same, and the schema given. */
const AS_THEY_STAND = [...SIZES_AS_THEY_STAND, "the development version"];

describe("a name that collides", () => {
  test("is refused at its question, before the others", async () => {
    const asked = wizard(["bird"], { taken: ["bird"] });
    await expect(asked).rejects.toThrow(/^Cluster name .*: bird collides$/);
  });

  test("is said first where it was given, and another one asked for", async () => {
    const scene = { taken: ["bird"], flags: { clusterName: "bird", orchestratorSchema: "v1" } };
    const { inputs, printed, heard } = await wizard(
      ["swan", ...SIZES_AS_THEY_STAND, "Deploy"],
      scene,
    );
    expect(printed[0]).toBe("bird collides");
    expect(heard[0]).toMatch(/^Cluster name/);
    expect(inputs.cluster.clusterName).toBe("swan");
  });
});

describe("recorded values", () => {
  test("are the next questions' defaults, hold where nothing is asked, and call for the key of their schema", async () => {
    const { inputs, heard, origins } = await wizard([
      "bird",
      ...SIZES_AS_THEY_STAND,
      "the released one",
      "package.json",
      "0xwallet",
      "Deploy",
    ]);
    expect(heard).toContainEqual("AWS region (S3 region; as recorded)");
    expect(heard.filter((message) => message.startsWith("Gateway key path"))).toHaveLength(1);
    expect(inputs).toMatchObject({
      aws: { region: "eu-central-1" },
      cluster: { capacityThreshold: 0.5, orchestratorSchema: "v2", gatewayKeyPath: "package.json" },
    });
    expect(origins.awsRegion).toBe("record");
  });

  test("go with the name: what was only accepted goes too, what was typed or given stays", async () => {
    const rename = ["Change an answer", "Cluster name", "owl"];
    const first = ["bird", ENTER, "tdx.large", ENTER, ENTER];
    const flags = { orchestratorSchema: "v1" };
    const { inputs } = await wizard([...first, ...rename, "Deploy"], { flags });
    expect(inputs).toMatchObject({
      aws: { region: "eu-west-1" },
      cluster: { capacityThreshold: 0.6, instanceType: "tdx.large", orchestratorSchema: "v1" },
    });
  });

  test("do not come back over an answer that was taken back", async () => {
    const takeBack = ["Change an answer", "CVM base domain", "-"];
    const rename = ["Change an answer", "Cluster name", "owl"];
    const flags = { clusterName: "nest", cvmBaseDomain: "example.com" };
    const { inputs } = await wizard([...AS_THEY_STAND, ...takeBack, ...rename, "Deploy"], {
      flags,
    });
    expect(inputs.cluster).toMatchObject({ clusterName: "owl", cvmBaseDomain: undefined });
  });
});

test("with --dry-run the last choice shows the plan, and says that nothing is made", async () => {
  const answers = [...AS_THEY_STAND, "Show the plan: nothing is made"];
  const { inputs } = await wizard(answers, { flags: { clusterName: "nest" }, planOnly: true });
  expect(inputs.cluster.clusterName).toBe("nest");
});

test("which orchestrator is run is asked, the released one first; its key and wallet then", async () => {
  const answers = [...SIZES_AS_THEY_STAND, ENTER, "package.json", "0xwallet", "Deploy"];
  const { inputs, heard } = await wizard(answers, { flags: { clusterName: "nest" } });
  expect(heard).toContainEqual(
    expect.stringMatching(
      /^Orchestrator schema the released one .*v2 \| the development version .*v1$/,
    ),
  );
  const v2 = {
    orchestratorSchema: "v2",
    gatewayKeyPath: "package.json",
    coordinatorWallet: "0xwallet",
  };
  expect(inputs.cluster).toMatchObject(v2);
  const nowhere = wizard([...SIZES_AS_THEY_STAND, ENTER, "nowhere.pem"], {
    flags: { clusterName: "nest" },
  });
  await expect(nowhere).rejects.toThrow("there is no file nowhere.pem");
});

test("a value of --registry-env that the environment lacks is asked for, hidden, and stays with its name", async () => {
  const flags = { clusterName: "nest", orchestratorSchema: "v1", registryEnv: ["TOKEN"] };
  const change = ["Change an answer", "Registry env", "TOKEN, LEVEL"];
  const answers = [
    ...SIZES_AS_THEY_STAND,
    "SECRET typed-token",
    ...change,
    "SECRET typed-level",
    "Deploy",
  ];
  const { inputs, heard, printed } = await wizard(answers, { flags });
  expect(inputs.cluster.registryEnv).toEqual([
    { name: "TOKEN", value: "typed-token" },
    { name: "LEVEL", value: "typed-level" },
  ]);
  expect(heard.filter((message) => message.includes("for the registry"))).toEqual([
    "TOKEN (for the registry; not shown)",
    "LEVEL (for the registry; not shown)",
  ]);
  expect(printed.join()).toContain("TOKEN, LEVEL");
  expect(printed.join()).not.toContain("typed-");
});

test("the sandbox's examples are kept with Enter, the secret too", async () => {
  const { HOME, TEE_CLUSTER_REGISTRY_COMPOSE, TEE_CLUSTER_RUNNER_COMPOSE } = ENV;
  const env = { HOME, TEE_CLUSTER_REGISTRY_COMPOSE, TEE_CLUSTER_RUNNER_COMPOSE };
  const awsSecretAccessKey = ENV.AWS_SECRET_ACCESS_KEY;
  const examples = {
    clusterName: "nest",
    awsAccessKeyId: ENV.AWS_ACCESS_KEY_ID,
    awsSecretAccessKey,
    phalaApiKey: "phak_example_key",
  };
  const asked = [ENTER, ENTER, ENTER, ...AS_THEY_STAND, "Deploy"];
  const { inputs, heard, printed } = await wizard(asked, { given: { env, examples } });
  expect(inputs.cluster.clusterName).toBe("nest");
  expect(inputs.aws.secretAccessKey).toBe(awsSecretAccessKey);
  expect(heard.find((message) => message.startsWith("AWS secret access key"))).toContain(
    "Enter for the example",
  );
  expect(printed.join()).toMatch(/AWS secret access key +the example\n/);
});

const foreign = (appId: string | null): ExistingRegistry => ({
  name: "bird-registry",
  appId,
  createdAt: null,
  ownership: "foreign",
});
describe("a registry that is not ours", () => {
  const flags = { clusterName: "bird", orchestratorSchema: "v1" };

  /** In the way until the operator chose this very one; `nest` has another one. */
  const verify = (takeOver: string | undefined, cluster: string): Verdict => {
    const appId = cluster === "bird" ? "a1" : "b2";
    const registry = foreign(appId);
    if (takeOver !== appId) return { problem: "it is there", registry, hashRecorded: false };
    return {
      problem: undefined,
      registry: { ...registry, ownership: "adopted" },
      hashRecorded: false,
    };
  };

  test("is taken over only once it is chosen, and the review comes again", async () => {
    const { takeOver, heard } = await wizard(
      [...SIZES_AS_THEY_STAND, "Take over bird-registry", "Take over and"],
      {
        flags,
        verify,
      },
    );
    expect(takeOver).toBe("a1");
    expect(heard.slice(-2)).toEqual([
      "What now? Change an answer | Take over bird-registry | Check again | Save to tee-cluster.yml, without secrets, and leave | Cancel: nothing has been created",
      "What now? Take over and update | Change an answer | Save to tee-cluster.yml, without secrets, and leave | Cancel: nothing has been created",
    ]);
  });

  test("being chosen says nothing of another one, which is asked about again", async () => {
    const rename = ["Change an answer", "Cluster name", "nest"];
    const chosen = [
      ...SIZES_AS_THEY_STAND,
      "Take over",
      ...rename,
      "Take over bird-registry",
      "Take over and",
    ];
    expect((await wizard(chosen, { flags, verify })).takeOver).toBe("b2");
  });

  test.each([
    ["whose app_id is not known", foreign(null)],
    ["that is not what is in the way", { ...foreign("a1"), ownership: "ours" as const }],
  ])("one %s is not offered", async (_, registry) => {
    let looks = 0;
    const { heard } = await wizard([...SIZES_AS_THEY_STAND, "Check again", ENTER], {
      flags,
      verify: () => {
        looks += 1;
        return looks === 1 ? { problem: "something", registry, hashRecorded: false } : CLEAR;
      },
    });
    expect(heard).toContain(
      "What now? Change an answer | Check again | Save to tee-cluster.yml, without secrets, and leave | Cancel: nothing has been created",
    );
  });
});

describe("what will happen", () => {
  const answers = startWith({ clusterName: "bird" });
  const offers = {
    ...OFFERS,
    instanceTypes: [
      { id: "tdx.medium", vcpu: 2, memoryMb: 4096, hourlyRate: "0.116", requiresGpu: false },
    ],
  };
  const registry = { name: "bird-registry", appId: "a1", createdAt: "2026-11-24T10:00:00Z" };
  const told = (outlook: Parameters<typeof describeOutlook>[0]): string =>
    describeOutlook(outlook, toClusterInputs(answers.values), offers, answers);

  test("a new cluster", () => {
    expect(told({ registry: undefined, hashRecorded: false })).toMatchInlineSnapshot(`
      "This creates, and you pay for:
        bird-registry     tdx.medium at $0.116 an hour, for as long as it runs
        bird-runner-temp  tdx.medium at $0.116 an hour, until this run deletes it"
    `);
  });

  test("a registry that was deleted, with its runner's hash still recorded", () => {
    expect(told({ registry: undefined, hashRecorded: true })).toMatchInlineSnapshot(`
      "This creates, and you pay for:
        bird-registry     tdx.medium at $0.116 an hour, for as long as it runs
        bird-runner-temp  tdx.medium at $0.116 an hour, until this run deletes it
        and that only if the recorded compose hash no longer holds"
    `);
  });

  test("ours, with a hash to read", () => {
    expect(told({ registry: { ...registry, ownership: "ours" }, hashRecorded: false }))
      .toMatchInlineSnapshot(`
      "bird-registry is there already, and is not made again:
        app_id a1, since 2026-11-24
      Where something differs from what it was given, it is updated and may restart:
      models on it stop then.

      This creates, and you pay for:
        bird-runner-temp  tdx.medium at $0.116 an hour, until this run deletes it"
    `);
  });

  test("ours, with a recorded hash", () => {
    expect(told({ registry: { ...registry, ownership: "ours" }, hashRecorded: true }))
      .toMatchInlineSnapshot(`
      "bird-registry is there already, and is not made again:
        app_id a1, since 2026-11-24
      Where something differs from what it was given, it is updated and may restart:
      models on it stop then.

      This creates at most, and you pay for:
        bird-runner-temp  tdx.medium at $0.116 an hour, until this run deletes it
        and that only if the recorded compose hash no longer holds"
    `);
  });
});

describe("ways out", () => {
  test("of the list of answers, without a change", async () => {
    const { heard, inputs } = await wizard([
      "bird",
      ...AS_THEY_STAND,
      "Change an answer",
      "(none",
      "Deploy",
    ]);
    expect(heard.filter((message) => message.startsWith("What now?"))).toHaveLength(2);
    expect(inputs.cluster.clusterName).toBe("bird");
  });

  test("cancelled: nothing is saved", async () => {
    const saved: Answers[] = [];
    const left = wizard(["bird", ...AS_THEY_STAND, "Cancel"], { saved });
    await expect(left).rejects.toMatchObject({ code: "cancelled", hint: undefined });
    expect(saved).toEqual([]);
  });

  test("with the answers saved: cancelled, and how to go on", async () => {
    const saved: Answers[] = [];
    const left = wizard(["bird", ...AS_THEY_STAND, "Save to tee-cluster.yml"], {
      saved,
    });
    await expect(left).rejects.toMatchObject({
      code: "cancelled",
      hint: "the answers are in tee-cluster.yml, without --watcher: there may be a key in its URL; resume with: tee-cluster init",
    });
    expect(saved.map(({ values }) => values.clusterName)).toEqual(["bird"]);
  });
});
