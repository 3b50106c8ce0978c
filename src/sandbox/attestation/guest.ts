/** The evidence of a CVM: measurements, event log, quote, RA-TLS certificate. */
import { createHash } from "node:crypto";
import { composeHashOf, measuredText, type AppCompose } from "../app-compose.ts";
import type { Serving } from "../lifecycle.ts";
import type { CvmState } from "../model.ts";
import type { Authority } from "./authority.ts";
import { octets, makeCertificate, newP256, spkiOf } from "./x509.ts";
import { makeQuote } from "./intel.ts";
import type { Lie } from "./lies.ts";

const sha384 = (data: Buffer | string): string => createHash("sha384").update(data).digest("hex");
const register = (name: string): string => sha384(`tee-cluster sandbox ${name}`);

/** The sandbox's OS images, with registers of no real one. */
const COMMON = { mrtd: register("mrtd"), rtmr1: register("rtmr1"), rtmr0: {} };
export const KNOWN_OS = [
  { name: "dstack-sandbox", ...COMMON, rtmr2: register("rtmr2"), dev: false },
  { name: "dstack-sandbox-dev", ...COMMON, rtmr2: register("rtmr2 dev"), dev: true },
] as const;

export type RuntimeEvent = {
  readonly imr: number;
  readonly event_type: number;
  /** SHA-384, hex. */
  readonly digest: string;
  readonly event: string;
  /** Hex. */
  readonly event_payload: string;
};

const DSTACK_EVENT = 0x0800_0001;

/** Digests as in dstack: type (little endian), name and payload, separated by colons. Payloads in hex. */
export function eventLog(
  entries: readonly (readonly [event: string, payload: string])[],
): RuntimeEvent[] {
  const type = Buffer.alloc(4);
  type.writeUInt32LE(DSTACK_EVENT);
  return entries.map(([event, payload]) => {
    const message = Buffer.concat([type, Buffer.from(`:${event}:`), Buffer.from(payload, "hex")]);
    const digest = sha384(message);
    return { imr: 3, event_type: DSTACK_EVENT, digest, event, event_payload: payload };
  });
}

/** RTMR3 after the events: each extends it. */
export function rtmr3Of(events: readonly Pick<RuntimeEvent, "digest">[]): string {
  let value = "00".repeat(48);
  for (const { digest } of events) value = sha384(Buffer.from(value + digest, "hex"));
  return value;
}

/** A running CVM; `asked` is the source of the evidence. */
export type Guest = {
  readonly cvm: CvmState;
  readonly life: Serving;
  readonly authority: Authority;
  readonly lies: ReadonlySet<Lie>;
  readonly asked: "api" | "cvm";
};

export type GuestEvidence = {
  /** Hex. */
  readonly quote: string;
  readonly events: readonly RuntimeEvent[];
  readonly appCompose: string;
  /** PEM: the certificate that holds the quote, and the KMS's CA. */
  readonly certificates: string;
  readonly registers: Readonly<Record<"mrtd" | "rtmr0" | "rtmr1" | "rtmr2" | "rtmr3", string>>;
  readonly instanceId: string;
};

export function evidenceOf(guest: Guest): GuestEvidence {
  const { cvm, life, authority, lies } = guest;
  const shown = life.serving.appCompose;
  const runs = runningCompose(shown, guest);
  const kms = lies.has("own-kms") ? authority.foreign : authority.kms;
  const provider = JSON.stringify({ name: "kms", id: spkiOf(kms.ca).toString("hex") });
  const instanceId = sha384(cvm.vmUuid).slice(0, 40);
  const log = (appCompose: AppCompose): RuntimeEvent[] =>
    eventLog([
      ["system-preparing", ""],
      ["app-id", cvm.appId],
      ["compose-hash", composeHashOf(appCompose)],
      ["instance-id", instanceId],
      ["boot-mr-done", ""],
      ["key-provider", Buffer.from(provider).toString("hex")],
      ["storage-fs", Buffer.from("zfs").toString("hex")],
      ["system-ready", ""],
    ]);
  const [os, devOs] = KNOWN_OS;
  const image = lies.has("dev-image") ? devOs : os;
  const registers = {
    mrtd: image.mrtd,
    rtmr0: register("rtmr0"),
    rtmr1: image.rtmr1,
    rtmr2: lies.has("patched-os") ? register("rtmr2 patched") : image.rtmr2,
    rtmr3: rtmr3Of(log(runs)),
  };
  const { quote, certificates } = certify(guest, registers);
  const isShown = lies.has("changed-later") || (lies.has("paths-differ") && guest.asked === "cvm");
  return {
    quote: quote.toString("hex"),
    events: log(lies.has("edited-log") ? shown : runs),
    appCompose: measuredText(isShown ? runs : shown),
    certificates,
    registers,
    instanceId,
  };
}

/** The app-compose that really runs. */
function runningCompose(shown: AppCompose, { lies, asked }: Guest): AppCompose {
  const foreign: readonly Lie[] = ["foreign-compose", "edited-log", "changed-later"];
  const isForeign =
    foreign.some((lie) => lies.has(lie)) || (lies.has("paths-differ") && asked === "cvm");
  if (!isForeign) return shown;
  const text = `${shown.docker_compose_file ?? ""}\n# and a service that reads the environment\n`;
  return { ...shown, docker_compose_file: text };
}

const firstBootOf = ({ operations }: CvmState): number => operations[0]?.startedAt ?? 0;

/** A quote over a new key, in a certificate issued by the KMS. */
function certify(
  { cvm, life, authority, lies }: Guest,
  registers: GuestEvidence["registers"],
): { quote: Buffer; certificates: string } {
  const { publicKey } = newP256();
  const spki = publicKey.export({ type: "spki", format: "der" });
  const reportData = createHash("sha512").update("ratls-cert:").update(spki).digest("hex");
  const attestationKey = lies.has("no-tee") ? authority.foreign.ca.key : undefined;
  const td = { ...registers, reportData, debug: lies.has("debug-td") };
  const quote = makeQuote(authority.intel, td, attestationKey);
  const { ca } = lies.has("own-kms") ? authority.foreign : authority.kms;
  const certificate = makeCertificate({
    name: cvm.appId,
    publicKey,
    issuer: ca,
    isCa: false,
    notBefore: lies.has("stale-evidence") ? firstBootOf(cvm) : life.bootedAt,
    days: 3650,
    extensions: [{ id: "1.3.6.1.4.1.62397.1.1", value: octets(quote) }],
  });
  return { quote, certificates: certificate + ca.certificate };
}
