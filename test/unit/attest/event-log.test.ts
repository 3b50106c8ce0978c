import { describe, expect, it } from "vitest";
import { readEventLog } from "../../../src/attest/event-log.ts";
import type { LogEvent } from "../../../src/core/attestation.ts";
import { eventLog, rtmr3Of } from "../../../src/sandbox/attestation/guest.ts";
import { thrownBy } from "../../helpers/made-up-tee.ts";

const LOG = eventLog([
  ["system-preparing", ""],
  ["app-id", "aa".repeat(20)],
  ["compose-hash", "bb".repeat(32)],
  ["instance-id", "cc".repeat(20)],
  ["boot-mr-done", ""],
  ["os-image-hash", "dd".repeat(32)],
  ["key-provider", Buffer.from('{"name":"kms","id":"3059AB"}').toString("hex")],
  ["system-ready", ""],
  ["added-by-the-app", "ee"],
]);
const RTMR3 = rtmr3Of(LOG);
const edited = (name: string, changes: Partial<LogEvent>): LogEvent[] =>
  LOG.map((event) => (event.event === name ? { ...event, ...changes } : event));
const refusal = (log: readonly LogEvent[], rtmr3: string): string | undefined =>
  thrownBy(() => readEventLog(log, rtmr3));

describe("an event log", () => {
  it("that adds up to RTMR3 says what the guest measured", () => {
    expect(readEventLog(LOG, RTMR3)).toEqual({
      appId: "aa".repeat(20),
      composeHash: "bb".repeat(32),
      instanceId: "cc".repeat(20),
      keyProvider: { name: "kms", id: "3059ab" },
    });
  });

  it("whose compose hash was replaced is refused, although its digests still add up", () => {
    const forged = edited("compose-hash", { event_payload: "ff".repeat(32) });
    expect(refusal(forged, RTMR3)).toBe("attest-event-log/replay");
  });

  it("does not need the digests: dstack 0.6 leaves them empty", () => {
    const bare = LOG.map(({ imr, event_type, event, event_payload }) => ({
      imr,
      event_type,
      event,
      event_payload,
    }));
    expect(readEventLog(bare, RTMR3).composeHash).toBe("bb".repeat(32));
  });

  it.each([
    [
      "an event of another type in RTMR3",
      edited("app-id", { event_type: 4 }),
      "attest-event-log/type",
    ],
    [
      "a payload that is not hex",
      edited("app-id", { event_payload: "0g" }),
      "attest-event-log/payload",
    ],
    ["a missing event", LOG.slice(1), "attest-event-log/replay"],
    ["events in another order", LOG.toReversed(), "attest-event-log/replay"],
  ])("with %s is refused", (_, log, expected) => {
    expect(refusal(log, RTMR3)).toBe(expected);
  });

  it("counts only what was measured before system-ready: an app can add events later", () => {
    const late = eventLog([
      ["app-id", "aa".repeat(20)],
      ["system-ready", ""],
      ["compose-hash", "bb".repeat(32)],
    ]);
    expect(readEventLog(late, rtmr3Of(late)).composeHash).toBeUndefined();
    const twice = eventLog([
      ["compose-hash", "aa".repeat(32)],
      ["compose-hash", "bb".repeat(32)],
      ["system-ready", ""],
    ]);
    expect(refusal(twice, rtmr3Of(twice))).toBe("attest-event-log/twice");
    const booting = LOG.slice(0, 7);
    expect(refusal(booting, rtmr3Of(booting))).toBe("attest-event-log/not-ready");
  });
});
