/** What step 8 decides on, and what step 9 holds the registry to. */
import { describe, expect, test } from "vitest";
import { gatherApprovalFacts } from "../../../src/approval/approval-facts.ts";
import { attestAfter } from "../../../src/approval/attest-after.ts";
import type { Approval } from "../../../src/approval/approval.ts";
import type { Health, SpawnteeAnswer } from "../../../src/core/ports.ts";
import { registrySettings } from "../../../src/compose/environment.ts";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import type { JournalEntry } from "../../../src/state/journal.ts";
import {
  APP_COMPOSE,
  approvalInput,
  COMPOSE,
  ENVIRONMENT,
  hashOf,
} from "../../helpers/approval-input.ts";
import { approved, approving, recordFrom } from "../../helpers/journal-records.ts";
import { cvmOf, failureOf, memoryCloud, operationOf } from "../../helpers/memory-cloud.ts";

const SETTINGS = registrySettings(COMPOSE, ENVIRONMENT);
const up = (uptimeSeconds: number): SpawnteeAnswer<Health> => ({
  kind: "answered",
  value: { status: "healthy", service: null, mode: null, uptimeSeconds },
});

describe("the facts", () => {
  const gather = async (
    change: Parameters<typeof approvalInput>[0] = {},
    updates: Parameters<typeof gatherApprovalFacts>[1] = [],
    answer = up(60),
  ) => {
    let asked = 0;
    const cloud = memoryCloud([cvmOf()], {
      health() {
        asked += 1;
        return answer;
      },
    });
    return { ...(await gatherApprovalFacts(approvalInput(change), updates, cloud.context)), asked };
  };

  test("of a registry that was never given anything", async () => {
    expect(await gather()).toEqual({
      hashes: [hashOf("a")],
      via: "auto",
      force: false,
      existed: true,
      shortens: false,
      canSign: false,
      last: undefined,
      openAttempts: [],
      settingsGiven: null,
      runsThisFile: true,
      secretsWithheld: false,
      madeHere: false,
      newest: null,
      restartedSince: null,
      asked: 0,
    });
  });

  test("of one that was updated and pushed to, and is about to be", async () => {
    const made: JournalEntry[] = [
      { type: "intent", intent: "i", action: "create-cvm", name: "bird-registry", app_id: null },
      { type: "outcome", intent: "i", outcome: "done", app_id: "a".repeat(40), vm_uuid: null },
    ];
    const record = recordFrom(
      ...made,
      approved([hashOf("a")], { settings: SETTINGS }),
      approved([hashOf("a"), hashOf("b")], { via: "api", settings: SETTINGS }),
      approving([hashOf("c")]),
    );
    const newest = operationOf({ correlationId: "c9" });
    expect(await gather({ record, gatewayKeyPath: "key" }, [newest, operationOf()])).toMatchObject({
      canSign: true,
      last: { via: "api", hashes: [hashOf("a"), hashOf("b")] },
      openAttempts: [{ hashes: [hashOf("c")] }],
      settingsGiven: true,
      madeHere: true,
      newest,
    });
  });

  test("other settings than the last update's", async () => {
    const record = recordFrom(approved([], { settings: { ...SETTINGS, AWS_REGION: "eu-west-1" } }));
    expect(await gather({ record })).toMatchObject({ settingsGiven: false });
  });

  test("a platform without a list of updates", async () => {
    const facts = await gatherApprovalFacts(approvalInput(), undefined, memoryCloud().context);
    expect(facts.newest).toBe("unlisted");
  });

  test.each([
    ["another text", { ...APP_COMPOSE, docker_compose_file: "services: {}" }, false],
    ["other names", { ...APP_COMPOSE, allowed_envs: ["AWS_ACCESS_KEY_ID"] }, false],
    ["no names", { docker_compose_file: COMPOSE.text }, false],
    ["the same", APP_COMPOSE, true],
  ])("it runs %s", async (_, running, expected) => {
    expect(await gather({ running })).toMatchObject({ runsThisFile: expected });
  });

  test("one without names runs a file without any", async () => {
    const running = { docker_compose_file: COMPOSE.text };
    expect(await gather({ running, environment: [] })).toMatchObject({ runsThisFile: true });
  });

  /** Pushed an hour ago by this machine's clock, which is what was recorded. */
  test.each<[string, SpawnteeAnswer<Health>, number | null, boolean | null]>([
    ["up for longer", up(61 * 60), null, false],
    ["up since then", up(59 * 60), null, true],
    ["silent", { kind: "silent", detail: "" }, null, null],
    ["younger by the server's clock, which is an hour behind", up(10), -3_600_000, false],
  ])("after a push, an instance that is %s", async (_, answer, skew, expected) => {
    const record = recordFrom(approved([hashOf("a")], { via: "api" }));
    const cloud = memoryCloud([cvmOf()], { health: () => answer });
    await cloud.clock.sleep(3_600_000, cloud.context.signal);
    if (skew !== null)
      cloud.does.serverTime = () => ({ ms: cloud.clock.now() + skew, uncertaintyMs: 0 });
    const facts = await gatherApprovalFacts(approvalInput({ record }), [], cloud.context);
    expect(facts.restartedSince).toBe(expected);
  });

  test("after an update nobody is asked", async () => {
    const record = recordFrom(approved([hashOf("a")]));
    expect(await gather({ record })).toMatchObject({ restartedSince: null, asked: 0 });
  });
});

describe("attestation after step 8", () => {
  const STANDING = { composeHash: "standing" };
  const UPDATED: Approval = { kind: "updated", correlationId: "c1", at: 2_000 };
  const UNCHANGED: Approval = {
    kind: "unchanged",
    via: "restart",
    verified: true,
    correlationId: null,
  };

  const attest = async (approval: Approval, failure?: unknown, serverMs?: number) => {
    const cloud = memoryCloud([cvmOf()]);
    await cloud.clock.sleep(10_000, cloud.context.signal);
    if (serverMs !== undefined)
      cloud.does.serverTime = () => ({ ms: serverMs, uncertaintyMs: 500 });
    const seen: unknown[] = [];
    const attester = {
      async attest(registry: unknown, expected: unknown) {
        seen.push(registry, expected);
        if (failure !== undefined) throw failure;
      },
    };
    const input = approvalInput({ attestation: { attester, expected: STANDING } as never });
    await attestAfter(input, approval, cloud.context);
    return { registry: seen[0], expected: seen[1], now: cloud.clock.now() };
  };

  test("what was left alone is what it was before", async () => {
    expect(await attest(UNCHANGED)).toMatchObject({
      registry: { name: "bird-registry" },
      expected: STANDING,
    });
  });

  test("what was updated runs what was sent, by a certificate that is newer than that", async () => {
    const { expected, now } = await attest(UPDATED);
    expect(expected).toEqual({
      composeText: COMPOSE.text,
      environmentNames: ["AWS_ACCESS_KEY_ID", "APPROVED_COMPOSE_HASH"],
      newerThan: now - 8_000,
      mayHaveChanged: true,
    });
    const server = await attest(UPDATED, undefined, 1_000_000);
    expect(server.expected).toMatchObject({ newerThan: 1_000_000 - 500 - 8_000 });
  });

  const lie = new ClusterError("verification", "attest-compose", {
    message: "it runs another file",
    hint: "nothing was sent",
  });

  test("a lie after an update says that the secrets are out", async () => {
    expect(await failureOf(attest(UPDATED, lie))).toMatchInlineSnapshot(`
      {
        "code": "attest-compose",
        "hint": "it has its secrets and the approved list already: rotate the AWS keys unless you know why; see what is shown: tee-cluster verify --verbose; then run the same command again",
        "kind": "verification",
        "message": "after its update: it runs another file",
      }
    `);
  });

  test("a lie of what was left alone is as it was, and so is every other failure", async () => {
    await expect(attest(UNCHANGED, lie)).rejects.toBe(lie);
    const other = new Error("disk full");
    await expect(attest(UPDATED, other)).rejects.toBe(other);
    const silent = new ClusterError("timeout", "wait-timed-out", {
      message: "m",
    });
    await expect(attest(UPDATED, silent)).rejects.toBe(silent);
  });

  test("with --attest off nothing is asked", async () => {
    const cloud = memoryCloud();
    await attestAfter(approvalInput(), UPDATED, cloud.context);
    expect(cloud.told).toEqual([]);
  });
});
