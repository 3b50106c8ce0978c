/** Compares what runs with what is trusted, and pins it. Pure. */
import type { AttestationFacts } from "../core/attestation.ts";
import type { AppCompose } from "../core/compose-hash.ts";
import { findUntrustedCode } from "./runs-code.ts";
import type { Trust } from "./trust-file.ts";

/** From verified evidence; the app-compose is the measured one. */
export type Running = { readonly facts: AttestationFacts; readonly appCompose: AppCompose };

/** Something that runs and is not trusted. */
export type Difference = {
  readonly key: "os" | "kms" | "pre_launch_scripts" | "app_compose_fields" | "registry" | "tcb";
  readonly message: string;
  /** The full text of a script or field; null for others. */
  readonly text: string | null;
  /** Whether `trust pin` can pin it. */
  readonly pinnable: boolean;
};

export function findDifferences(trust: Trust, { facts, appCompose }: Running): Difference[] {
  const { script, fields } = findUntrustedCode(appCompose, trust);
  const { os_image: os, kms, tcb_status: status, registers } = facts;
  const { registry } = trust;
  const isRegistry =
    registry?.app_id === facts.app_id && registry?.compose_hash === facts.compose_hash;
  const found: (Difference | undefined)[] = [
    os === null ? plain("os", `unknown OS image, RTMR2 ${registers.rtmr2}`, true) : undefined,
    kms === null
      ? plain("kms", "the keys come from an unknown KMS: add its k256 and CA by hand", false)
      : undefined,
    status !== "UpToDate" && !trust.tcb.accept.some((one) => one === status)
      ? plain("tcb", `TCB status ${status} is not accepted: add it to tcb.accept by hand`, false)
      : undefined,
    script && {
      key: "pre_launch_scripts",
      message: `pre-launch script, sha256 ${script.sha256}`,
      text: script.text,
      pinnable: true,
    },
    ...fields.map(({ field, sha256, text }): Difference => ({
      key: "app_compose_fields",
      message: `${field}, sha256 ${sha256}`,
      text,
      pinnable: true,
    })),
    isRegistry
      ? undefined
      : plain(
          "registry",
          `app ${facts.app_id ?? "?"} with compose hash ${facts.compose_hash ?? "?"}`,
          true,
        ),
  ];
  return found.filter((one) => one !== undefined);
}

const plain = (key: Difference["key"], message: string, pinnable: boolean): Difference => ({
  key,
  message,
  text: null,
  pinnable,
});

/** @param note the reason, for reviewers of the file */
export function pinRunning(trust: Trust, { facts, appCompose }: Running, note: string): Trust {
  const { script, fields } = findUntrustedCode(appCompose, trust);
  const { mrtd, rtmr1, rtmr2 } = facts.registers;
  const image = { name: `pinned-${rtmr2.slice(0, 12)}`, mrtd, rtmr1, rtmr2, rtmr0: {}, dev: false };
  const { app_id, compose_hash } = facts;
  return {
    ...trust,
    os: facts.os_image === null ? inOrder([...trust.os, image], ({ name }) => name) : trust.os,
    pre_launch_scripts: script
      ? inOrder(
          [...trust.pre_launch_scripts, { sha256: script.sha256, note }],
          ({ sha256 }) => sha256,
        )
      : trust.pre_launch_scripts,
    app_compose_fields: inOrder(
      [
        ...trust.app_compose_fields,
        ...fields.map(({ field, sha256 }) => ({ name: field, sha256, note })),
      ],
      ({ name, sha256 }) => `${name} ${sha256}`,
    ),
    ...(app_id !== null && compose_hash !== null && { registry: { app_id, compose_hash } }),
  };
}

const inOrder = <T>(list: readonly T[], keyOf: (item: T) => string): T[] =>
  list.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
