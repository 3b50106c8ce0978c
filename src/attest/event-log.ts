/** The event log of a dstack guest, which counts only if it replays to the quote's RTMR3. */
import { createHash } from "node:crypto";
import { refuse, type LogEvent } from "../core/attestation.ts";

const RUNTIME_EVENT = 0x0800_0001;
const TYPE_BYTES = Buffer.from("01000008", "hex"); // little endian
const END = "system-ready";
const CODE = "attest-event-log";

/**
 * The guest's measurements before it was ready: hex, undefined if not measured. `keyProvider`, from JSON: `name` is `kms`
 * if keys come from a KMS, `id` is its CA's SubjectPublicKeyInfo (DER, hex).
 */
export type MeasuredEvents = ReturnType<typeof readEventLog>;

/**
 * Replays RTMR3 with digests computed from the payloads: the log's digests can be forged (and are empty from 0.6 on).
 * @throws Refusal `attest-event-log` unless the log replays to `rtmr3` (hex) and has each event once
 */
export function readEventLog(events: readonly LogEvent[], rtmr3: string) {
  const runtime = events.filter(({ imr }) => imr === 3);
  const register = runtime.reduce(extend, "00".repeat(48));
  ensureLog(register === rtmr3, "replay", "the event log does not add up to RTMR3");
  const end = runtime.findIndex(({ event }) => event === END);
  ensureLog(end !== -1, "not-ready", `the event log has no ${END}: the CVM has not booted`);
  const measured = new Map<string, string>();
  for (const { event, event_payload } of runtime.slice(0, end)) {
    ensureLog(!measured.has(event), "twice", `the event log has ${event} twice`);
    measured.set(event, event_payload.toLowerCase());
  }
  return {
    appId: measured.get("app-id"),
    composeHash: measured.get("compose-hash"),
    instanceId: measured.get("instance-id"),
    keyProvider: parseKeyProvider(measured.get("key-provider")),
  };
}

/** `sha384(LE32(type) ":" name ":" payload)`, as in dstack's `cc-eventlog`. */
function extend(register: string, { event_type, event, event_payload }: LogEvent): string {
  const isHex = /^([0-9a-f]{2})*$/i.test(event_payload);
  ensureLog(event_type === RUNTIME_EVENT, "type", `unknown event type ${event_type} in RTMR3`);
  ensureLog(isHex, "payload", `the payload of ${event} is not hex`);
  const payload = Buffer.from(event_payload, "hex");
  const digest = sha384(Buffer.concat([TYPE_BYTES, Buffer.from(`:${event}:`), payload]));
  return sha384(Buffer.concat([Buffer.from(register, "hex"), digest])).toString("hex");
}

function parseKeyProvider(payload: string | undefined): { name: string; id: string } | undefined {
  if (payload === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, "hex").toString("utf8"));
    if (typeof value === "object" && value !== null && "name" in value && "id" in value)
      return { name: String(value.name), id: String(value.id).toLowerCase() };
  } catch {
    // refused below
  }
  return refuse(CODE, "key-provider", "the key provider in the event log is not readable");
}

const sha384 = (data: Buffer): Buffer => createHash("sha384").update(data).digest();

function ensureLog(condition: boolean, reason: string, message: string): void {
  if (!condition) refuse(CODE, reason, message);
}
