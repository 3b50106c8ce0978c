/** A run's attestation over evidence of a made-up TEE: what is waited for, told, trusted, recorded and refused. */
import { beforeAll, describe, expect, test } from "vitest";
import type {
  AttestationSources,
  Shown,
  ShownEvidence,
  SignedEnvKey,
} from "../../../src/core/attestation.ts";
import type { AppCompose } from "../../../src/core/compose-hash.ts";
import { composeHashOf } from "../../../src/core/compose-hash.ts";
import type { EnvKey } from "../../../src/core/ports.ts";
import {
  Attester,
  lacksEvidenceOnly,
  type AttesterOptions,
  type Expectation,
} from "../../../src/registry/attester.ts";
import { TrustedScripts } from "../../../src/registry/trusted-scripts.ts";
import {
  sandboxTrust,
  type Authority,
  deriveAppKeys,
  newKms,
  signEnvKey,
} from "../../../src/sandbox/attestation/authority.ts";
import { evidenceOf, type Guest } from "../../../src/sandbox/attestation/guest.ts";
import { newIntel, pcsAnswers } from "../../../src/sandbox/attestation/intel.ts";
import type { Lie } from "../../../src/sandbox/attestation/lies.ts";
import { readLastVerified, type LastVerified } from "../../../src/trust/last-verified.ts";
import { parseTrustFile } from "../../../src/trust/trust-file.ts";
import { APP, failureOf, memoryCloud, UUID } from "../../helpers/memory-cloud.ts";
import { collateralOf } from "../../helpers/collateral.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

/** The beginning of the cloud in memory's time. */
const AT = Date.UTC(2026, 0, 1);
const AUTHORITY: Authority = { intel: newIntel(AT), kms: newKms(AT), foreign: newKms(AT) };
const TRUST = parseTrustFile(JSON.stringify(sandboxTrust(AUTHORITY)), "trust.json");
const COLLATERAL = collateralOf(pcsAnswers(AUTHORITY.intel, AT));
const RUNS: AppCompose = {
  docker_compose_file: "services: {}",
  allowed_envs: ["A"],
  runner: "docker-compose",
};
const REGISTRY = {
  name: "bird-registry",
  appId: APP,
  nodeName: "prod5",
  baseDomain: "dstack.example",
};
const EXPECTED: Expectation = {
  composeText: "services: {}",
  environmentNames: ["A"],
  mayHaveChanged: false,
};

function evidence(
  asked: "api" | "cvm",
  lies: readonly Lie[] = [],
  appCompose: AppCompose = RUNS,
): Shown<ShownEvidence> {
  const serving = { appCompose, composeHash: composeHashOf(appCompose), encryptedEnv: null };
  const guest = {
    cvm: { appId: APP, vmUuid: UUID, name: "bird-registry" },
    life: { serving, bootedAt: AT - 60_000 },
    authority: AUTHORITY,
    lies: new Set(lies),
    asked,
  } as unknown as Guest;
  const { quote, events, appCompose: text, certificates } = evidenceOf(guest);
  return {
    kind: "shown",
    value: { from: asked, quote, eventLog: events, appCompose: text, certificates },
  };
}
const SILENT = { kind: "unavailable", reason: "nobody answers", passing: true } as const;
const NONE = { kind: "unavailable", reason: "HTTP 404", passing: false } as const;

type Scene = Partial<AttesterOptions> & {
  /** What each look finds of the CVM itself; the last one stays. */
  readonly cvm?: readonly Shown<ShownEvidence>[];
  readonly api?: readonly Shown<ShownEvidence>[];
  readonly envKey?: Shown<SignedEnvKey>;
};

/** Made once: a quote takes a few milliseconds. */
let shown: Record<"cvm" | "api", Shown<ShownEvidence>>;
beforeAll(() => {
  shown = { cvm: evidence("cvm"), api: evidence("api") };
});

async function scene({ cvm = [shown.cvm], api = [shown.api], envKey = NONE, ...options }: Scene) {
  const cloud = memoryCloud();
  const asked: string[] = [];
  const one = (looks: readonly Shown<ShownEvidence>[], where: string): Shown<ShownEvidence> => {
    const before = asked.filter((other) => other === where).length;
    asked.push(where);
    return looks[Math.min(before, looks.length - 1)] ?? NONE;
  };
  const sources: AttestationSources = {
    fromCvm: async (url) => one(cvm, url),
    fromApi: async (id) => one(api, id),
    collateral: async () => ({ kind: "shown", value: COLLATERAL }),
    envKey: async () => envKey,
  };
  const mode = options.mode ?? "auto";
  const directory = await temporaryFolder();
  const attester = new Attester({
    mode,
    sources,
    trust: TRUST,
    scripts: new TrustedScripts({ mode, trust: TRUST, flags: [], before: new Set() }),
    gatewayUrl: "https://{app_id}-{port}.{base_domain}",
    clock: cloud.clock,
    directory,
    last: undefined,
    ...options,
  });
  const attest = (change: Partial<Expectation> = {}, brief = false) =>
    attester.attest(REGISTRY, { ...EXPECTED, ...change }, cloud.context, { brief });
  return { cloud, attester, attest, asked, directory };
}

const GUEST = `https://${APP}-8090.dstack.example`;
const verifiedAt = (change: Partial<LastVerified> = {}): LastVerified => ({
  at: "2025-12-31T00:00:00.000Z",
  app_id: APP,
  compose_hash: composeHashOf(RUNS),
  os_image: null,
  registers: null,
  tcb_status: "UpToDate",
  tcb_evaluation_number: 0,
  kms: null,
  key_provider_sha256: null,
  pre_launch_script_sha256: null,
  ...change,
});

describe("a registry that is what it should be", () => {
  test("is verified by both sources, told check by check, and recorded", async () => {
    const { cloud, attester, attest, asked, directory } = await scene({});
    const report = await attest();
    expect(report.result).toBe("verified");
    expect(asked).toEqual([GUEST, APP]);
    expect(cloud.checks).toContainEqual({
      id: "quote",
      title: "attestation, quote",
      severity: "warning",
      kind: "prerequisite",
      status: "passed",
      detail: expect.stringContaining("") as string,
    });
    expect(cloud.checks).toHaveLength(report.checks.length);
    expect(cloud.told).toEqual([]);
    expect(attester.outcome).toEqual({ result: "verified", checks: report.checks });
    expect(attester.record).toEqual({ mode: "auto", result: "verified", scripts: [] });
    expect(await readLastVerified(directory)).toMatchObject({
      at: "2026-01-01T00:00:00.000Z",
      app_id: APP,
      compose_hash: composeHashOf(RUNS),
    });
  });

  test("is told in one line where that was asked for", async () => {
    const { cloud, attest } = await scene({});
    const { checks } = await attest({}, true);
    expect(cloud.checks).toEqual([
      {
        id: "attestation",
        title: "attestation",
        severity: "warning",
        kind: "prerequisite",
        status: "passed",
        detail: `verified, ${checks.length} of ${checks.length} checks passed`,
      },
    ]);
  });

  test("with an unknown KMS is partly verified at the first look, and says so", async () => {
    const { attest, asked, cloud } = await scene({
      cvm: [evidence("cvm", ["own-kms"])],
      api: [evidence("api", ["own-kms"])],
    });
    const { checks } = await attest({}, true);
    expect(asked).toHaveLength(2);
    const passed = checks.filter(({ result }) => result === "passed").length;
    expect(passed).toBeLessThan(checks.length);
    expect(cloud.checks).toContainEqual(
      expect.objectContaining({
        id: "attestation",
        status: "failed",
        detail: `partly, ${passed} of ${checks.length} checks passed`,
      }),
    );
  });

  test("before anything was looked at nothing is said of it", async () => {
    const { attester } = await scene({});
    expect(attester.outcome).toEqual({ result: "none", checks: [] });
  });

  test("one look judges nothing and records nothing", async () => {
    const { cloud, attester, directory } = await scene({ cvm: [evidence("cvm", ["no-tee"])] });
    const report = await attester.look(REGISTRY, EXPECTED, cloud.context.signal);
    expect(report.result).toBe("none");
    expect([cloud.checks, attester.outcome.checks]).toEqual([[], []]);
    expect(await readLastVerified(directory)).toBeUndefined();
  });
});

describe("evidence that lags behind", () => {
  test("a source that shows nothing is asked three times, and only once in the next round", async () => {
    const { cloud, attest, asked } = await scene({ cvm: [NONE] });
    expect(await attest()).toMatchObject({ result: "partly" });
    expect(asked.filter((where) => where === APP)).toHaveLength(3);
    expect(cloud.clock.monotonic()).toBe(10_000);
    expect(cloud.told).toEqual(["warn attest-unavailable: HTTP 404"]);
    expect(cloud.checks).toContainEqual({
      id: "sources",
      title: "attestation, sources",
      severity: "warning",
      kind: "prerequisite",
      status: "failed",
      detail: "HTTP 404",
    });
    await attest();
    expect(asked.filter((where) => where === APP)).toHaveLength(4);
  });

  test("one that shows it at the second look is asked no more", async () => {
    const { attest, asked, cloud } = await scene({ cvm: [NONE, shown.cvm] });
    expect(await attest()).toMatchObject({ result: "verified" });
    expect(asked).toHaveLength(4);
    expect(cloud.told).toEqual([]);
    await attest();
    expect(asked).toHaveLength(6);
  });

  test("with require every look is made each time, and what is missing ends the run", async () => {
    const { cloud, attest, asked, attester, directory } = await scene({
      mode: "require",
      cvm: [NONE],
    });
    expect(await failureOf(attest())).toMatchObject({
      kind: "verification",
      code: "attest-unavailable",
    });
    expect(await failureOf(attest())).toMatchObject({ code: "attest-unavailable" });
    expect(asked.filter((where) => where === APP)).toHaveLength(6);
    // A warning too would tell it twice.
    expect(cloud.told).toEqual([]);
    expect(attester.record).toMatchObject({ mode: "require", result: "partly" });
    expect(await readLastVerified(directory)).toBeUndefined();
  });

  test("with require trouble on the way is waited out, up to the timeout", async () => {
    const late = [SILENT, SILENT, SILENT, SILENT, shown.cvm];
    const { cloud, attest } = await scene({ mode: "require", cvm: late });
    expect(await attest()).toMatchObject({ result: "verified" });
    expect(cloud.clock.monotonic()).toBe(20_000);
    const never = await scene({ mode: "require", cvm: [SILENT] });
    const impatient = { ...never.cloud.context, timeoutMs: 25_000 };
    expect(await failureOf(never.attester.attest(REGISTRY, EXPECTED, impatient))).toMatchObject({
      code: "attest-unavailable",
    });
    expect(never.cloud.clock.monotonic()).toBe(25_000);
  });

  test("two sources on both sides of a change are looked at again", async () => {
    const other = { ...RUNS, name: "new" };
    const { attest, asked } = await scene({
      cvm: [shown.cvm, evidence("cvm", [], other)],
      api: [evidence("api", [], other)],
    });
    expect(await attest()).toMatchObject({ result: "verified" });
    expect(asked).toHaveLength(4);
  });

  test("that they go on to differ is a lie", async () => {
    const { attest, asked } = await scene({ api: [evidence("api", [], { ...RUNS, name: "x" })] });
    expect(await failureOf(attest())).toMatchObject({ code: "attest-paths-differ" });
    expect(asked).toHaveLength(6);
  });

  test("that nothing is shown any more takes nothing back of a lie before", async () => {
    const foreign = evidence("cvm", ["foreign-compose"]);
    const { attest } = await scene({
      mode: "require",
      cvm: [foreign, SILENT],
      api: [evidence("api", ["foreign-compose"]), NONE],
    });
    expect(await failureOf(attest())).toMatchObject({ code: "attest-compose" });
  });
});

describe("a lie", () => {
  test("that begins while evidence is waited for ends the run", async () => {
    const { attest } = await scene({
      cvm: [NONE, evidence("cvm", ["no-tee"])],
      api: [shown.api, evidence("api", ["no-tee"])],
    });
    expect(await failureOf(attest())).toMatchObject({ code: "attest-quote" });
  });

  test("ends the run in both modes, told as an error, and nothing is recorded", async () => {
    const { cloud, attest, attester, directory } = await scene({
      cvm: [evidence("cvm", ["no-tee"])],
      api: [evidence("api", ["no-tee"])],
    });
    expect(await failureOf(attest({}, true))).toMatchObject({ code: "attest-quote" });
    expect(cloud.checks).toMatchObject([{ id: "quote", severity: "error", status: "failed" }]);
    expect(cloud.told).toEqual([]);
    expect(attester.outcome.result).toBe("none");
    expect(await readLastVerified(directory)).toBeUndefined();
  });

  test("another file than the expected one", async () => {
    const { attest } = await scene({});
    expect(await failureOf(attest({ composeText: "services: {a: {}}" }))).toMatchObject({
      code: "attest-compose",
    });
  });
});

describe("what the last verification found", () => {
  const BEFORE = verifiedAt({ compose_hash: "e".repeat(64) });

  test("another compose hash without an update is a change that nobody made", async () => {
    const { attest } = await scene({ last: BEFORE });
    expect(await failureOf(attest())).toMatchObject({ code: "attest-changed" });
  });

  test("after an update it is none", async () => {
    const { attest } = await scene({ last: BEFORE });
    expect(await attest({ mayHaveChanged: true })).toMatchObject({ result: "verified" });
  });

  test("an update explains no other machine", async () => {
    const { attest } = await scene({ last: verifiedAt({ kms: "another" }) });
    expect(await failureOf(attest({ mayHaveChanged: true }))).toMatchObject({
      code: "attest-changed",
    });
  });

  test("that of a registry before this one says nothing of it", async () => {
    const { attest } = await scene({ last: { ...BEFORE, app_id: "f".repeat(40) } });
    const { checks } = await attest();
    expect(checks.map(({ id }) => id)).not.toContain("unchanged");
  });

  test("a later look of the same run is held against the first one", async () => {
    const other = { ...RUNS, name: "new" };
    const { attest } = await scene({
      cvm: [shown.cvm, evidence("cvm", [], other)],
      api: [shown.api, evidence("api", [], other)],
    });
    await attest();
    expect(await failureOf(attest())).toMatchObject({ code: "attest-changed" });
  });
});

describe("a pre-launch script", () => {
  const WITH_SCRIPT: AppCompose = { ...RUNS, pre_launch_script: "echo hello" };
  const both = () => ({
    cvm: [evidence("cvm", [], WITH_SCRIPT)],
    api: [evidence("api", [], WITH_SCRIPT)],
  });

  test("is trusted on first use, shown, and in the record", async () => {
    const { cloud, attest, attester } = await scene(both());
    await attest();
    expect(attester.record.scripts).toMatchObject([{ of: "bird-registry", why: "first-use" }]);
    expect(cloud.told).toEqual(["detail: the pre-launch script of bird-registry:\necho hello"]);
    expect(() =>
      attester.assertTrustedCode(
        { pre_launch_script: "curl evil" },
        "bird-runner-temp",
        cloud.context,
      ),
    ).toThrow(/the pre-launch script of bird-runner-temp has the SHA-256/);
  });

  test("of a runner that was there already is not trusted because it is the first", async () => {
    const { cloud, attester } = await scene(both());
    expect(() => attester.assertKnownCode(WITH_SCRIPT, "bird-runner-1", cloud.context)).toThrow(
      /the pre-launch script of bird-runner-1 has the SHA-256 [0-9a-f]{64}; trusted: none$/,
    );
    expect([attester.record.scripts, cloud.told]).toEqual([[], []]);
    attester.assertKnownCode(RUNS, "bird-runner-1", cloud.context);
    attester.assertTrustedCode(WITH_SCRIPT, "bird-runner-temp", cloud.context);
    attester.assertKnownCode(WITH_SCRIPT, "bird-runner-1", cloud.context);
    // Shown and recorded once, for the first that had it.
    expect(attester.record.scripts).toMatchObject([{ of: "bird-runner-temp", why: "first-use" }]);
    expect(cloud.told).toHaveLength(1);
  });
});

const check = async (key: EnvKey, given: Scene = {}, appId: string | undefined = APP) => {
  const world = await scene(given);
  await world.attester.hooks(appId, world.cloud.context).onEnvKey?.(key);
  return world;
};

describe("the environment key", () => {
  const PAIR = deriveAppKeys(AUTHORITY.kms, APP);
  const seen = (change: Partial<EnvKey> = {}): EnvKey => ({
    appId: APP,
    publicKey: PAIR.publicKey,
    signature: signEnvKey(AUTHORITY.kms, APP, PAIR.publicKey),
    ...change,
  });
  test("that the KMS has signed passes, by its name", async () => {
    const { cloud, attester } = await check(seen());
    expect(attester.outcome).toEqual({
      result: "none",
      checks: [
        {
          id: "env-key",
          result: "passed",
          code: null,
          message: "the key that the environment is sealed with is signed by the KMS sandbox",
        },
      ],
    });
    expect(cloud.checks).toMatchObject([{ id: "env-key", status: "passed" }]);
  });

  test("is part of the outcome: one that nobody vouches for makes it partial", async () => {
    const world = await scene({});
    await world.attest();
    const hook = world.attester.hooks(APP, world.cloud.context).onEnvKey;
    await hook?.(seen());
    expect(world.attester.outcome.result).toBe("verified");
    await hook?.(seen({ signature: undefined }));
    const { result, checks } = world.attester.outcome;
    expect([result, checks.at(-1)]).toEqual([
      "partly",
      { id: "env-key", result: "unverified", code: "env-key-unverified", message: "HTTP 404" },
    ]);
    expect(world.cloud.told).toEqual(["warn env-key-unverified: HTTP 404"]);
  });

  test("of another app is refused before anything is sealed", async () => {
    const other = "f".repeat(40);
    expect(await failureOf(check(seen({ appId: other })))).toMatchInlineSnapshot(`
      {
        "code": "env-key-substituted",
        "hint": "nothing was sent to it; look at the registry: tee-cluster verify",
        "kind": "verification",
        "message": "the environment key that the API gives is that of app ffffffffffffffffffffffffffffffffffffffff, not of aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      }
    `);
    const signature = signEnvKey(AUTHORITY.kms, other, PAIR.publicKey);
    const world = await scene({});
    const hook = world.attester.hooks(undefined, world.cloud.context).onEnvKey;
    // A new registry has no app_id yet.
    await hook?.(seen({ appId: other, signature }));
    expect(world.cloud.checks).toMatchObject([{ status: "passed" }]);
  });

  test("that another KMS has signed is refused, and one without a signature with require", async () => {
    const signature = signEnvKey(AUTHORITY.foreign, APP, PAIR.publicKey);
    expect(await failureOf(check(seen({ signature })))).toMatchObject({
      code: "env-key-substituted",
    });
    expect(
      await failureOf(check(seen({ signature: undefined }), { mode: "require" })),
    ).toMatchObject({
      code: "env-key-unverified",
    });
  });
});

test.each([
  ["a source is missing", [["sources", "unverified", "attest-unavailable"]], true],
  ["nothing is open", [["quote", "passed", null]], false],
  ["only the image is unknown", [["os-image", "unverified", "attest-os-unknown"]], false],
  [
    "a source and the image",
    [
      ["sources", "unverified", "attest-unavailable"],
      ["os-image", "warning", "attest-os-unknown"],
      ["key-provider", "unverified", "kms-unknown"],
    ],
    true,
  ],
  [
    "a source is missing, and the other one is right",
    [
      ["quote", "passed", null],
      ["sources", "unverified", "attest-unavailable"],
    ],
    true,
  ],
  [
    "a source is missing, and another lies",
    [
      ["sources", "unverified", "attest-unavailable"],
      ["quote", "failed", "attest-quote"],
    ],
    false,
  ],
  [
    "a source is missing, and something has no code",
    [
      ["sources", "unverified", "attest-unavailable"],
      ["app", "failed", null],
    ],
    false,
  ],
] as const)("lacks evidence only: %s", (_, checks, expected) => {
  const report = {
    result: "none",
    facts: null,
    checks: checks.map(([id, result, code]) => ({ id, result, code, message: "" })),
  } as const;
  expect(lacksEvidenceOnly(report)).toBe(expected);
});
