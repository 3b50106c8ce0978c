/** A run's attestation against a platform whose answers come late, fail for a while, or change in between. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Attester, type Expectation } from "../../../src/registry/attester.ts";
import { TrustedScripts } from "../../../src/registry/trusted-scripts.ts";
import type { Fault, SandboxRequest } from "../../../src/sandbox/index.ts";
import type { LastVerified } from "../../../src/trust/last-verified.ts";
import {
  BASE_DOMAIN,
  clockOfPauses,
  COMPOSE,
  openRegistryWorld,
  type RegistryWorld,
} from "./registry-world.ts";

let world: RegistryWorld;

beforeAll(async () => {
  world = await openRegistryWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.sandbox.setFaults([]);
  world.sandbox.setLies([]);
});

type Asked = {
  readonly timeoutMs?: number;
  readonly last?: LastVerified;
  readonly expected?: Partial<Expectation>;
};

/** One attestation, with what it warned of. */
async function attest(mode: "auto" | "require", asked: Asked = {}) {
  const { sandbox, sources, trust, appId, folder } = world;
  const warned: string[] = [];
  const clock = clockOfPauses();
  const attester = new Attester({
    mode,
    sources,
    trust,
    scripts: new TrustedScripts({ mode, trust, flags: [], before: new Set() }),
    gatewayUrl: sandbox.gatewayUrl,
    clock,
    directory: folder,
    last: asked.last,
  });
  const registry = { name: "bird-registry", appId, nodeName: "prod10", baseDomain: BASE_DOMAIN };
  const expected = {
    composeText: COMPOSE,
    environmentNames: ["A"],
    mayHaveChanged: false,
    ...asked.expected,
  };
  const context = {
    warn: (code: string) => void warned.push(code),
    check: () => undefined,
    detail: () => undefined,
    clock,
    signal: new AbortController().signal,
    pollIntervalMs: 500,
    timeoutMs: asked.timeoutMs ?? 60_000,
  };
  const attested = attester.attest(registry, expected, context);
  return attested.then(
    (report) => ({ report, warned, error: undefined }),
    (error: unknown) => ({ report: undefined, warned, error: error as Error & { code: string } }),
  );
}

/** `run` in another world than the file's. */
async function inWorld<T>(other: RegistryWorld, run: (world: RegistryWorld) => Promise<T>) {
  const before = world;
  world = other;
  try {
    return await run(other);
  } finally {
    world = before;
    await other.close();
  }
}

const failing = (path: string, times?: number): Fault => ({
  path,
  ...(times !== undefined && { times }),
  action: { kind: "status", status: 502 },
});

describe("trouble on the way to a source", () => {
  it("that passes is waited for in require: it is no lack of evidence", async () => {
    // More often than one look tries, and than the looks at what lags behind.
    world.sandbox.setFaults([failing("/prpc/", 11), failing("/attestation$", 2)]);
    const { report } = await attest("require");
    expect(report?.result).toBe("verified");
  });

  it("that lasts ends require with each source and what it answered", async () => {
    world.sandbox.setFaults([
      failing("/prpc/"),
      { path: "/attestation$", action: { kind: "status", status: 404 } },
    ]);
    const { error } = await attest("require", { timeoutMs: 1_000 });
    expect(error).toMatchObject({ code: "attest-unavailable" });
    expect(error?.message).toMatch(
      /the CVM itself shows no evidence: \S+\/prpc\/Info answered HTTP 502; the API shows no evidence: \S+\/attestation answered HTTP 404/,
    );
  });

  it("with the collateral is named with its document", async () => {
    const { error } = await inWorld(await openRegistryWorld(), async ({ sandbox }) => {
      sandbox.setFaults([failing("/tdx/certification/v4/qe/identity")]);
      return attest("require", { timeoutMs: 1_000 });
    });
    expect(error?.message).toMatch(
      /collateral could not be fetched: \S+\/qe\/identity answered HTTP 502/,
    );
  });

  it("takes nothing back of what contradicted before it", async () => {
    let looks = 0;
    const silentFromTheSecondLook = ({ path }: SandboxRequest): void => {
      looks += Number(path.endsWith("/attestation"));
      if (looks === 2) world.sandbox.setFaults([failing("/prpc/"), failing("/attestation$")]);
    };
    const lying = await openRegistryWorld({ onRequest: silentFromTheSecondLook });
    const { error } = await inWorld(lying, async ({ sandbox }) => {
      sandbox.setLies(["foreign-compose"]);
      return attest("require", { timeoutMs: 5_000 });
    });
    expect([looks > 2, error?.code]).toEqual([true, "attest-compose"]);
  });
});
