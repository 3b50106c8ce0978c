/** The list pushed to a running registry, and what that registry must prove besides. */
import { describe, expect, onTestFinished, test } from "vitest";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ApproveHashAnswer } from "../../../src/core/ports.ts";
import { assertDebugClosed, proveOrchestratorPush } from "../../../src/approval/prove-registry.ts";
import { pushApprovedList } from "../../../src/approval/push.ts";
import { approvalInput, hashOf } from "../../helpers/approval-input.ts";
import {
  cvmOf,
  failureOf,
  memoryCloud,
  operationOf,
  type MemoryCloud,
} from "../../helpers/memory-cloud.ts";

async function keyFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "push-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = path.join(folder, "gateway.pem");
  await writeFile(file, "PEM");
  return file;
}

/** A registry that gives these answers, one after the other; the last one stays. */
function answering(...answers: readonly ApproveHashAnswer[]): MemoryCloud & { keys: string[] } {
  const keys: string[] = [];
  let asked = 0;
  const cloud = memoryCloud([cvmOf()], {
    push(_, key) {
      keys.push(key);
      asked += 1;
      return answers[Math.min(asked, answers.length) - 1] ?? { kind: "approved" };
    },
  });
  return { ...cloud, keys };
}

const before = { newest: operationOf({ correlationId: "c7" }), forgotten: false };
const push = async (
  cloud: MemoryCloud,
  via: "auto" | "api" = "auto",
  what: Parameters<typeof pushApprovedList>[1] = before,
) => {
  const input = approvalInput({
    via,
    gatewayKeyPath: await keyFile(),
    hashes: [hashOf("a"), hashOf("b")],
  });
  return pushApprovedList(input, what, cloud.context);
};
const outcomes = ({ entries }: MemoryCloud): unknown[] =>
  entries.map((entry) =>
    entry.type === "intent" ? entry.action : entry.type === "outcome" ? entry.outcome : entry.type,
  );

const REFUSED = { kind: "refused", detail: "HTTP 403: unknown wallet" } as const;
const UNCLEAR = { kind: "unclear", detail: "HTTP 502" } as const;
const NOT_OFFERED = { kind: "not-offered" } as const;

describe("pushing", () => {
  test("an approved list holds until the restart, and its update is the newest that there was", async () => {
    const cloud = answering({ kind: "approved" });
    expect(await push(cloud)).toEqual({ kind: "pushed", correlationId: "c7", forgotten: false });
    expect(cloud.calls).toEqual([
      {
        at: 0,
        call: "push",
        with: {
          url: `https://${"a".repeat(40)}-8080.dstack.example`,
          hashes: [hashOf("a"), hashOf("b")],
        },
      },
    ]);
    expect(cloud.keys).toEqual(["PEM"]);
    expect(outcomes(cloud)).toEqual(["approve-hashes", "done"]);
    expect(cloud.told).toMatchInlineSnapshot(`
      [
        "progress: pushing the approved list to bird-registry",
        "warn approved-until-restart: bird-registry has the list in memory only and forgets it at its next restart; to make it permanent when a restart is acceptable: tee-cluster rotate-hash --approve-via restart",
      ]
    `);
  });

  test("a registry that was never updated, and has forgotten its list", async () => {
    const what = { newest: undefined, forgotten: true };
    expect(await push(answering({ kind: "approved" }), "auto", what)).toEqual({
      kind: "pushed",
      correlationId: null,
      forgotten: true,
    });
  });

  test("an unclear end is tried again, three times in all, an interval apart", async () => {
    const cloud = answering(UNCLEAR, UNCLEAR, { kind: "approved" });
    expect(await push(cloud)).toMatchObject({ kind: "pushed" });
    expect(cloud.calls.map(({ at }) => at)).toEqual([0, 5_000, 10_000]);
    expect(outcomes(cloud).filter((_, index) => index % 2 === 1)).toEqual([
      "unknown",
      "unknown",
      "done",
    ]);
    const never = answering(UNCLEAR);
    expect(await failureOf(push(never))).toMatchInlineSnapshot(`
      {
        "code": "approve-uncertain",
        "hint": "the list can safely be pushed again: run the same command again; or approve by an update, with --approve-via restart",
        "kind": "platform",
        "message": "bird-registry gave no clear answer to the pushed list: HTTP 502",
      }
    `);
    expect(never.calls).toHaveLength(3);
  });

  test("a refusal is final", async () => {
    const cloud = answering(REFUSED);
    expect(await failureOf(push(cloud))).toMatchInlineSnapshot(`
      {
        "code": "approve-refused",
        "hint": "check that --gateway-key-path is the key of the coordinator's wallet, or approve by an update with --approve-via restart",
        "kind": "platform",
        "message": "bird-registry refused the pushed list: HTTP 403: unknown wallet",
      }
    `);
    expect(outcomes(cloud)).toEqual(["approve-hashes", "failed"]);
  });

  test("where it is not offered an update does instead, unless only a push is wanted", async () => {
    const cloud = answering(NOT_OFFERED);
    expect(await push(cloud)).toBeUndefined();
    expect(cloud.told).toContain(
      "note: bird-registry accepts no list while it runs: it is updated instead",
    );
    expect(await failureOf(push(answering(NOT_OFFERED), "api"))).toMatchInlineSnapshot(`
      {
        "code": "approve-not-offered",
        "hint": "approve by an update with --approve-via restart; the registry restarts then",
        "kind": "platform",
        "message": "bird-registry does not accept a list while it runs (no POST /registry/approve-hash)",
      }
    `);
  });

  test("a key that can't be read: nothing is sent", async () => {
    const cloud = answering();
    const input = approvalInput({ gatewayKeyPath: "/nonexistent/key.pem" });
    expect(await failureOf(pushApprovedList(input, before, cloud.context))).toMatchInlineSnapshot(`
      {
        "code": "gateway-key",
        "hint": "give the path of the RSA private key (PEM) with --gateway-key-path",
        "kind": "prerequisite",
        "message": "the coordinator's key can't be read: ENOENT: no such file or directory, open '/nonexistent/key.pem'",
      }
    `);
    expect(cloud.calls).toEqual([]);
  });
});

describe("the proof that the orchestrator can push", () => {
  const UPDATED = { kind: "updated", correlationId: null, at: 0 } as const;
  const PUSHED = { kind: "pushed", correlationId: null, forgotten: false } as const;
  const prove = async (cloud: MemoryCloud, approval: typeof UPDATED | typeof PUSHED = UPDATED) =>
    proveOrchestratorPush(
      approvalInput({ gatewayKeyPath: await keyFile() }),
      approval,
      cloud.context,
    );

  test("is one push of the list", async () => {
    const cloud = answering({ kind: "approved" });
    await prove(cloud);
    expect(cloud.calls).toHaveLength(1);
    expect(cloud.told).toEqual([
      "progress: pushing the approved list once, as the orchestrator does",
    ]);
  });

  test("is not needed after a push, nor without a key", async () => {
    const cloud = answering({ kind: "approved" });
    await prove(cloud, PUSHED);
    await proveOrchestratorPush(approvalInput(), UPDATED, cloud.context);
    expect([cloud.calls, cloud.told]).toEqual([[], []]);
  });

  test("fails where the registry does not take it", async () => {
    expect(await failureOf(prove(answering(NOT_OFFERED)))).toMatchInlineSnapshot(`
      {
        "code": "orchestrator-push-not-offered",
        "hint": "the list itself is approved; name a newer image in the registry's compose file and pass GATEWAY_AUTH_COORDINATOR_WALLET on there, then run: tee-cluster rotate-hash",
        "kind": "verification",
        "message": "bird-registry has no POST /registry/approve-hash (404), so the orchestrator would delete every runner that it creates: its image is too old, or its compose file does not pass GATEWAY_AUTH_COORDINATOR_WALLET to spawntee",
      }
    `);
    expect(await failureOf(prove(answering(REFUSED)))).toMatchInlineSnapshot(`
      {
        "code": "orchestrator-push-refused",
        "hint": "the list itself is approved; GATEWAY_AUTH_COORDINATOR_WALLET must be the wallet of the key in --gateway-key-path: correct one of the two, then run: tee-cluster rotate-hash",
        "kind": "verification",
        "message": "bird-registry refuses a list that is signed with the gateway key (HTTP 403: unknown wallet), so the orchestrator would delete every runner that it creates",
      }
    `);
  });
});

describe("/debug/exec", () => {
  type Seen = "closed" | "open" | "unknown";
  const look = (seen: readonly Seen[], allowDebug = false) => {
    let asked = 0;
    const cloud = memoryCloud([cvmOf()], {
      debugEndpoint: () => seen[Math.min(asked++, seen.length - 1)] ?? "unknown",
    });
    const input = approvalInput({ allowDebug });
    return { cloud, done: assertDebugClosed(input, cloud.context), asked: () => asked };
  };

  test("that is closed is no matter", async () => {
    const { cloud, done, asked } = look(["closed"]);
    await done;
    expect([cloud.told, asked()]).toEqual([[], 1]);
  });

  test("that is open ends the run, or is warned of where the operator insists", async () => {
    expect(await failureOf(look(["open"]).done)).toMatchInlineSnapshot(`
      {
        "code": "debug-endpoint-open",
        "hint": "take DEBUG_MODE out of the registry's compose file, then: tee-cluster rotate-hash; after that replace the AWS keys: they may have been read; to insist on it: --allow-debug-registry",
        "kind": "verification",
        "message": "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-8080.dstack.example/debug/exec is open: anyone who finds that URL can run commands on bird-registry and read its AWS keys",
      }
    `);
    const { cloud, done } = look(["open"], true);
    await done;
    expect(cloud.told).toMatchInlineSnapshot(`
      [
        "warn debug-endpoint-open: https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-8080.dstack.example/debug/exec is open: anyone who finds that URL can run commands on bird-registry and read its AWS keys",
      ]
    `);
  });

  test("that can't be asked is asked three times, and then warned of", async () => {
    const settled = look(["unknown", "unknown", "open"]);
    expect(await failureOf(settled.done)).toMatchObject({ code: "debug-endpoint-open" });
    const { cloud, done, asked } = look(["unknown"]);
    await done;
    expect(asked()).toBe(3);
    expect(cloud.told).toEqual([
      "warn debug-endpoint-unknown: whether bird-registry has /debug/exec open could not be found out",
    ]);
  });
});
