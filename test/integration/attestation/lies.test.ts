/** Every lie of the sandbox against the program's own adapters and checks, over HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deriveAppKeys, loadAuthority } from "../../../src/sandbox/attestation/authority.ts";
import type { Lie } from "../../../src/sandbox/attestation/lies.ts";
import type { Sandbox } from "../../../src/sandbox/index.ts";
import {
  assertAttested,
  attestRegistry,
  type AttestationInput,
} from "../../../src/trust/attest-registry.ts";
import { BUILT_IN_TRUST } from "../../../src/trust/read-trust.ts";
import { checkEnvKey } from "../../../src/trust/check-env-key.ts";
import { gatherEvidence } from "../../../src/trust/gather-evidence.ts";
import type { AttestationReport, AttestationSources } from "../../../src/core/attestation.ts";
import type { Trust } from "../../../src/trust/trust-file.ts";
import { BASE_DOMAIN, COMPOSE, openRegistryWorld, type RegistryWorld } from "./registry-world.ts";

const signal = new AbortController().signal;

let world: RegistryWorld;
let sandbox: Sandbox;
let sources: AttestationSources;
let trust: Trust;
let appId: string;
let publicKey: string;

beforeAll(async () => {
  world = await openRegistryWorld();
  ({ sandbox, sources, trust, appId, publicKey } = world);
});

afterAll(() => world.close());

beforeEach(() => sandbox.setLies([]));

async function attest(changes: Partial<AttestationInput> = {}): Promise<AttestationReport> {
  const url = `${sandbox.apiUrl}/gateway/${appId}-8090.${BASE_DOMAIN}`;
  const gathered = await gatherEvidence(sources, { cvmId: appId, url }, signal);
  const expected = { appId, composeText: COMPOSE, environmentNames: ["A"] };
  return attestRegistry({ ...gathered, trust, expected, at: Date.now(), ...changes });
}

/** The code of what ends a run in this mode; undefined: it goes on. */
function codeOf(report: AttestationReport, mode: "auto" | "require"): string | undefined {
  try {
    assertAttested(report, mode, "bird-registry");
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("a registry's evidence", () => {
  it("without a lie is verified, from the API and from the CVM itself", async () => {
    const report = await attest();
    expect(report.checks.filter(({ result }) => result !== "passed")).toEqual([]);
    expect(report).toMatchObject({
      result: "verified",
      facts: { app_id: appId, os_image: "dstack-sandbox", kms: "sandbox" },
    });
    expect(codeOf(report, "require")).toBeUndefined();
  });

  it("is refused by a run that is not the sandbox's: the root is not Intel's", async () => {
    const report = await attest({ trust: BUILT_IN_TRUST });
    expect(report.result).toBe("none");
    expect(codeOf(report, "auto")).toBe("attest-quote");
  });

  it.each<[Lie, string]>([
    ["foreign-compose", "attest-compose"],
    ["changed-later", "attest-compose"],
    ["dev-image", "attest-os-dev"],
    ["no-tee", "attest-quote"],
    ["debug-td", "attest-debug"],
    ["edited-log", "attest-event-log"],
    ["paths-differ", "attest-compose"],
  ])("with the lie %s ends both modes with %s", async (lie, code) => {
    sandbox.setLies([lie]);
    const report = await attest();
    expect(report.result).toBe("none");
    expect([codeOf(report, "auto"), codeOf(report, "require")]).toEqual([code, code]);
  });

  it.each<[Lie, string]>([
    ["patched-os", "attest-os-unknown"],
    ["own-kms", "kms-unknown"],
  ])("with %s is partly verified: a warning in auto, exit 7 in require", async (lie, code) => {
    sandbox.setLies([lie]);
    const report = await attest();
    expect(report.result).toBe("partly");
    expect([codeOf(report, "auto"), codeOf(report, "require")]).toEqual([undefined, code]);
  });

  it("that differs between API and CVM is refused even where nothing is expected", async () => {
    sandbox.setLies(["paths-differ"]);
    const report = await attest({ expected: {} });
    expect(codeOf(report, "auto")).toBe("attest-paths-differ");
  });

  it("of another compose hash than at the last verification has changed: rotate the keys", async () => {
    const { facts } = await attest();
    sandbox.setLies(["changed-later"]);
    const last = {
      at: "2026-03-01T00:00:00.000Z",
      app_id: appId,
      compose_hash: facts?.compose_hash ?? null,
      os_image: null,
      kms: null,
      key_provider_sha256: null,
      registers: null,
      tcb_status: "UpToDate",
      tcb_evaluation_number: 0,
      pre_launch_script_sha256: null,
    };
    const report = await attest({ expected: { appId }, since: { last } });
    expect(codeOf(report, "auto")).toBe("attest-changed");
    expect(report.checks.at(-1)?.message).toContain("rotate the AWS keys");
  });

  it("from before the restart is stale", async () => {
    const report = await attest({ expected: { appId, newerThan: Date.now() } });
    expect(codeOf(report, "auto")).toBe("attest-stale");
  });

  it("that only one source shows is partly verified", async () => {
    sandbox.setFaults([{ path: "/prpc/", action: { kind: "status", status: 404 } }]);
    const report = await attest();
    sandbox.setFaults([]);
    expect(report.result).toBe("partly");
    expect([codeOf(report, "auto"), codeOf(report, "require")]).toEqual([
      undefined,
      "attest-unavailable",
    ]);
  });
});

const check = async (
  mode: "auto" | "require" | "off",
  key = publicKey,
): Promise<string | undefined> => {
  const warned: string[] = [];
  const warn = (code: string): void => void warned.push(code);
  try {
    const kms = await checkEnvKey(
      { appId, publicKey: key },
      { mode, trusted: trust.kms, sources, warn },
      signal,
    );
    return kms ?? warned[0];
  } catch (error) {
    return `exit 7: ${(error as { code: string }).code}`;
  }
};

describe("the environment key in the gate", () => {
  it("of the KMS passes", async () => {
    expect(await check("require")).toBe("sandbox");
  });

  it.each<[Lie]>([["own-env-key"], ["two-env-keys"], ["own-kms"]])(
    "is refused with the lie %s",
    async (lie) => {
      sandbox.setLies([lie]);
      const { foreign } = await loadAuthority(world.folder);
      const own = deriveAppKeys(foreign, appId).publicKey;
      expect(await check("auto", own)).toBe("exit 7: env-key-substituted");
      expect(await check("require", own)).toBe("exit 7: env-key-substituted");
      expect(await check("off", own)).toBeUndefined();
    },
  );

  it("that nobody has signed is a warning in auto, exit 7 in require", async () => {
    sandbox.setFaults([{ path: "/kms/", action: { kind: "status", status: 404 } }]);
    expect(await check("auto")).toBe("env-key-unverified");
    expect(await check("require")).toBe("exit 7: env-key-unverified");
    sandbox.setFaults([]);
  });
});
