/**
 * The attestation of the model's CVMs: real quotes, certificates and event logs, signed by the sandbox's made-up Intel
 * and KMS, which the operators' trust file names. So the program's own verifier is what judges them.
 */
import { renderTrustFile, trustSchema } from "../../src/trust/trust-file.ts";
import type {
  AttestationSources,
  Collateral,
  Shown,
  ShownEvidence,
  SignedEnvKey,
} from "../../src/core/attestation.ts";
import type { EnvKey } from "../../src/core/ports.ts";
import {
  deriveAppKeys,
  newKms,
  sandboxTrust,
  signEnvKey,
  type Authority,
  type MadeUpKms,
} from "../../src/sandbox/attestation/authority.ts";
import { evidenceOf, type Guest } from "../../src/sandbox/attestation/guest.ts";
import { newIntel, pcsAnswers } from "../../src/sandbox/attestation/intel.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";
import { collateralOf } from "../helpers/collateral.ts";
import { has, type Calls } from "./calls.ts";
import type { Cloud } from "./cloud.ts";
import type { Vm } from "./vm.ts";
import type { Falsehood, Strike } from "./history.ts";
import { EPOCH } from "./time.ts";

const READ_MS = 90;
const ANOTHER_APP = "a".repeat(40);
const OWN_KEY: ReadonlySet<string> = new Set<Falsehood>(["own-env-key", "two-env-keys", "own-kms"]);

/** Made once for all histories: keys and certificates take time. */
export class Tee {
  readonly authority: Authority = {
    intel: newIntel(EPOCH - 86_400_000),
    kms: newKms(EPOCH),
    foreign: newKms(EPOCH),
  };
  /** What the operators trust: a file. */
  readonly trust = renderTrustFile(trustSchema.parse(sandboxTrust(this.authority)));
  readonly #collateral = new Map<string, Collateral>();
  readonly #keys = new Map<string, SignedEnvKey>();

  collateral(status: string): Collateral {
    const made = this.#collateral.get(status) ?? this.#newCollateral(status);
    this.#collateral.set(status, made);
    return made;
  }

  #newCollateral(status: string): Collateral {
    // Issued a while ago: no machine's clock is that far back.
    return collateralOf(pcsAnswers(this.authority.intel, EPOCH - 86_400_000, { status }));
  }

  /** The key of an app, by its KMS or by somebody else's. */
  key(whose: "kms" | "foreign", appId: string): SignedEnvKey {
    const name = `${whose} ${appId}`;
    const made = this.#keys.get(name) ?? newKey(this.authority[whose], appId);
    this.#keys.set(name, made);
    return made;
  }
}

function newKey(kms: MadeUpKms, appId: string): SignedEnvKey {
  const { publicKey } = deriveAppKeys(kms, appId);
  return { publicKey, signature: signEnvKey(kms, appId, publicKey) };
}

/** The key that the API gives the CLI. */
export function givenKey({ lie, tee }: Cloud, appId: string): EnvKey {
  const { publicKey } = tee.key(isForeignKey(lie) ? "foreign" : "kms", appId);
  return { appId, publicKey };
}

/** Whether somebody else than the CVM can open what is sealed now. */
export const isForeignKey = (lie: Falsehood | "none"): boolean => OWN_KEY.has(lie);

const unavailable = (passing: boolean): Shown<never> => ({
  kind: "unavailable",
  reason: "HTTP 502 Bad Gateway",
  passing,
});

/** `AttestationSources` over the model cloud. */
export function modelEvidence(cloud: Cloud, calls: Calls): AttestationSources {
  const { tee } = cloud;
  const ask = <T>(signal: AbortSignal, answer: () => T | undefined): Promise<Shown<T>> =>
    calls.make("evidence", READ_MS, signal, (strikes: readonly Strike[]): Shown<T> => {
      if (has(strikes, "unknown", "denied", "lost", "unsent")) return unavailable(true);
      if (has(strikes, "missing")) return unavailable(false);
      const value = answer();
      return value === undefined ? unavailable(true) : { kind: "shown", value };
    });
  const evidence = (vm: Vm | undefined, asked: "api" | "cvm"): ShownEvidence | undefined =>
    vm && cloud.isUp(vm) && cloud.lie !== "no-evidence" ? shownBy(cloud, vm, asked) : undefined;
  return {
    fromApi: (id, signal) =>
      ask(signal, () =>
        evidence(
          cloud.there().find(({ appId, vmUuid }) => id === appId || id === vmUuid),
          "api",
        ),
      ),
    fromCvm: (url, signal) =>
      ask(signal, () =>
        evidence(
          cloud.there().find((vm) => url.includes(vm.appId)),
          "cvm",
        ),
      ),
    collateral: async () => ({
      kind: "shown",
      value: tee.collateral(STATUS[cloud.lie] ?? "UpToDate"),
    }),
    envKey: (appId, signal) =>
      ask(signal, () => {
        const isForeign = cloud.lie === "own-env-key" || cloud.lie === "own-kms";
        return cloud.lie === "no-evidence"
          ? undefined
          : tee.key(isForeign ? "foreign" : "kms", appId);
      }),
  };
}

const STATUS: Readonly<Record<string, string>> = {
  "stale-tcb": "OutOfDate",
  "revoked-tcb": "Revoked",
};

const NOT_OF_THE_GUEST: ReadonlySet<string> = new Set<Falsehood | "none">([
  "none",
  "another-app",
  "stale-tcb",
  "revoked-tcb",
  "no-evidence",
]);

function shownBy(cloud: Cloud, vm: Vm, asked: "api" | "cvm"): ShownEvidence {
  const { lie, tee, evidence } = cloud;
  const key = [vm.vmUuid, vm.hash, vm.upAt, lie, asked].join(" ");
  const made = evidence.get(key) ?? newEvidence(tee, vm, { lie, asked });
  evidence.set(key, made);
  return made;
}

function newEvidence(
  { authority }: Tee,
  vm: Vm,
  { lie, asked }: { readonly lie: Falsehood | "none"; readonly asked: "api" | "cvm" },
): ShownEvidence {
  const lies = new Set(NOT_OF_THE_GUEST.has(lie) ? [] : [lie as Lie]);
  // As much of the sandbox's own view of a CVM as its guest looks at.
  const cvm = {
    name: vm.name,
    appId: lie === "another-app" ? ANOTHER_APP : vm.appId,
    vmUuid: vm.vmUuid,
    operations: [{ startedAt: EPOCH + vm.madeAt }],
  };
  const life = { serving: { appCompose: vm.appCompose }, bootedAt: EPOCH + vm.upAt };
  const guest = { cvm, life, authority, lies, asked } as unknown as Guest;
  const { quote, events, appCompose, certificates } = evidenceOf(guest);
  const common = { from: asked, eventLog: events, appCompose };
  return asked === "api" ? { ...common, quote } : { ...common, certificates };
}
