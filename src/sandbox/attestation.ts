/** What a CVM shows of itself, and how it is doing. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../core/compose-hash.ts";
import { findLive } from "./cloud.ts";
import { makeQuote } from "./kms.ts";
import { lifeOf } from "./lifecycle.ts";
import type { CloudState } from "./model.ts";

/** Only a running CVM can attest. */
export function attestation(state: CloudState, id: string): unknown {
  const cvm = findLive(state, id);
  const serving = lifeOf(cvm, Date.now()).serving;
  if (!serving)
    return {
      name: cvm.name,
      is_online: false,
      is_public: true,
      error: "CVM is not running",
      app_certificates: null,
      tcb_info: null,
      compose_file: null,
    };
  const measured = canonicalJson(serving.appCompose);
  const events = [
    runtimeEvent("app-id", cvm.appId),
    runtimeEvent("compose-hash", serving.composeHash),
    runtimeEvent("instance-id", sha384(Buffer.from(cvm.vmUuid)).slice(0, 40)),
  ];
  return {
    name: cvm.name,
    is_online: true,
    is_public: true,
    error: null,
    app_certificates: [],
    tcb_info: {
      mrtd: sha384(Buffer.from("mrtd")),
      rootfs_hash: null,
      rtmr0: sha384(Buffer.from("rtmr0")),
      rtmr1: sha384(Buffer.from("rtmr1")),
      rtmr2: sha384(Buffer.from("rtmr2")),
      rtmr3: replayed(events),
      event_log: events,
      app_compose: measured,
    },
    compose_file: serving.appCompose.docker_compose_file,
    quote: makeQuote({ app_id: cvm.appId, compose_hash: serving.composeHash }, state.quoteKey),
  };
}

type RuntimeEvent = {
  readonly imr: number;
  readonly event_type: number;
  /** SHA-384, hex. */
  readonly digest: string;
  readonly event: string;
  /** Hex. */
  readonly event_payload: string;
};

const DSTACK_EVENT = 0x0800_0001;

/** Digested as dstack does: type (little endian), name and payload with colons between. */
function runtimeEvent(event: string, payload: string): RuntimeEvent {
  const type = Buffer.alloc(4);
  type.writeUInt32LE(DSTACK_EVENT);
  const message = Buffer.concat([type, Buffer.from(`:${event}:`), Buffer.from(payload, "hex")]);
  return { imr: 3, event_type: DSTACK_EVENT, digest: sha384(message), event, event_payload: payload };
}

/** What RTMR3 holds after the events: each extends it, so the log can't be changed without it. */
function replayed(events: readonly RuntimeEvent[]): string {
  let register = "00".repeat(48);
  for (const { digest } of events) register = sha384(Buffer.from(register + digest, "hex"));
  return register;
}

const sha384 = (bytes: Buffer): string => createHash("sha384").update(bytes).digest("hex");

/** `GET /cvms/{id}/stats`: the boot error of a CVM that does not come up is told here. */
export function stats(state: CloudState, id: string): unknown {
  const life = lifeOf(findLive(state, id), Date.now());
  return {
    is_online: life.serving !== undefined,
    is_public: true,
    error: null,
    sysinfo: null,
    status: life.status,
    in_progress: life.inProgress !== undefined,
    boot_progress: life.status === "running" ? "done" : null,
    boot_error: life.bootError,
  };
}
