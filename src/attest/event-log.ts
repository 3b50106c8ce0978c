/** The log of a dstack guest: what it says counts only as far as it adds up to the quote's RTMR3. */
import { createHash } from "node:crypto";
import { refuse as refuseAs, type LogEvent } from "../core/attestation.ts";

const RUNTIME_EVENT = 0x0800_0001;
const END = "system-ready";

/** What the guest measured of itself before it was ready. Hex; absent where not measured. */
export type MeasuredEvents = {
  readonly appId: string | undefined;
  readonly composeHash: string | undefined;
  readonly instanceId: string | undefined;
  readonly osImageHash: string | undefined;
  /** From JSON: `name` is `kms` where keys come from a KMS, `id` its CA's SubjectPublicKeyInfo (DER, hex). */
  readonly keyProvider: { readonly name: string; readonly id: string } | undefined;
};

/**
 * Replays RTMR3 with digests computed from the payloads: given digests are forgeable (and empty from 0.6 on).
 * @throws Refusal `attest-event-log` unless the log adds up to `rtmr3` (hex) and names each event once
 */
export function readEventLog(events: readonly LogEvent[], rtmr3: string): MeasuredEvents {
  const runtime = events.filter(({ imr }) => imr === 3);
  const register = runtime.reduce(extend, "00".repeat(48));
  if (register !== rtmr3) refuse("replay", "the event log does not add up to RTMR3");
  const end = runtime.findIndex(({ event }) => event === END);
  if (end === -1) refuse("not-ready", `the event log has no ${END}: the CVM has not booted`);
  const measured = new Map<string, string>();
  for (const { event, event_payload } of runtime.slice(0, end)) {
    if (measured.has(event)) refuse("twice", `the event log has ${event} twice`);
    measured.set(event, event_payload.toLowerCase());
  }
  return {
    appId: measured.get("app-id"),
    composeHash: measured.get("compose-hash"),
    instanceId: measured.get("instance-id"),
    osImageHash: measured.get("os-image-hash"),
    keyProvider: parseKeyProvider(measured.get("key-provider")),
  };
}

/** `sha384(LE32(type) ":" name ":" payload)`, as dstack's `cc-eventlog` has it. */
function extend(register: string, { event_type, event, event_payload }: LogEvent): string {
  if (event_type !== RUNTIME_EVENT)
    refuse("type", `RTMR3 has an event of the unknown type ${event_type}`);
  if (!/^([0-9a-f]{2})*$/i.test(event_payload))
    refuse("payload", `the payload of ${event} is not hex`);
  const type = Buffer.alloc(4);
  type.writeUInt32LE(RUNTIME_EVENT);
  const payload = Buffer.from(event_payload, "hex");
  const digest = sha384(Buffer.concat([type, Buffer.from(`:${event}:`), payload]));
  return sha384(Buffer.concat([Buffer.from(register, "hex"), digest])).toString("hex");
}

function parseKeyProvider(payload: string | undefined): MeasuredEvents["keyProvider"] {
  if (payload === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, "hex").toString("utf8"));
    if (typeof value === "object" && value !== null && "name" in value && "id" in value)
      return { name: String(value.name), id: String(value.id).toLowerCase() };
  } catch {
    // refused below
  }
  return refuse("key-provider", "the key provider in the event log is not readable");
}

const sha384 = (data: Buffer): Buffer => createHash("sha384").update(data).digest();

function refuse(reason: string, message: string): never {
  return refuseAs("attest-event-log", reason, message);
}
