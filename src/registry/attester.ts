/** A run's attestation of the registry: what was seen, what is trusted because of it, and the result. */
import {
  isMissingEvidence,
  type AttestationCheck,
  type AttestationCode,
  type AttestationReport,
  type AttestationSources,
} from "../core/attestation.ts";
import type { AppCompose } from "../core/compose-hash.ts";
import { command, hint } from "../core/command-hint.ts";
import type { CheckLine } from "../core/events.ts";
import type { Clock, DeployHooks, EnvKey } from "../core/ports.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { renderGatewayUrl } from "../orchestrator/urls.ts";
import type { HistoryEntry } from "../state/history.ts";
import type { Expected } from "../trust/attest-cvm.ts";
import { assertAttested, attestRegistry } from "../trust/attest-registry.ts";
import { measuredAppCompose } from "../trust/check-compose.ts";
import { checkEnvKey } from "../trust/check-env-key.ts";
import { gatherEvidence, type Gathered } from "../trust/gather-evidence.ts";
import { type Since, recordVerified, type LastVerified } from "../trust/last-verified.ts";
import type { Trust } from "../trust/trust-file.ts";
import type { StepContext } from "../workflow/step.ts";
import type { Registry } from "./registry.ts";
import { TrustedScripts } from "./trusted-scripts.ts";

/** dstack's guest agent. */
const GUEST_PORT = 8090;

export type AttesterOptions = {
  readonly mode: "auto" | "require";
  readonly sources: AttestationSources;
  /** With what the flags trust. */
  readonly trust: Trust;
  readonly scripts: TrustedScripts;
  readonly gatewayUrl: string;
  readonly clock: Clock;
  /** Of the cluster's state. */
  readonly directory: string;
  readonly last: LastVerified | undefined;
};

/** What the registry must run. */
export type Expectation = Pick<
  Expected,
  "composeHash" | "composeText" | "environmentNames" | "newerThan"
> & {
  /** Another compose hash than at the last verification is no surprise: an update that Phala lists. */
  readonly mayHaveChanged: boolean;
} & Pick<Since, "ownComposeFiles">;

/** With what, and against what, the registry is attested before anything is sent to it. */
export type RegistryAttestation = { readonly attester: Attester; readonly expected: Expectation };

type Place = Pick<Registry, "name" | "appId" | "nodeName" | "baseDomain">;
type Context = Pick<
  StepContext,
  "warn" | "check" | "detail" | "clock" | "signal" | "pollIntervalMs" | "timeoutMs"
>;
type Observation = { readonly report: AttestationReport; readonly gathered: Gathered };

/** Two sources are asked one after the other, and an update may take effect between them. */
const LOOKS = 3;
const PASSING: ReadonlySet<AttestationCode> = new Set<AttestationCode>([
  "attest-paths-differ",
  "attest-stale",
  "attest-compose",
]);

export class Attester {
  readonly mode: "auto" | "require";
  readonly #options: AttesterOptions;
  #last: LastVerified | undefined;
  #report: AttestationReport | undefined;
  #envKey: AttestationCheck | undefined;
  /** A source was asked several times and showed nothing: it is not waited for again. */
  #oneIsSilent = false;

  constructor(options: AttesterOptions) {
    this.mode = options.mode;
    this.#options = options;
    this.#last = options.last;
  }

  /** The gate's hook: nothing is sealed to a key that no trusted KMS has signed for this app. */
  hooks(appId: string | undefined, context: Context): DeployHooks {
    return { onEnvKey: (key) => this.#checkEnvKey(key, appId, context) };
  }

  /** One look, without a verdict. */
  async look(
    registry: Place,
    expected: Expectation,
    signal: AbortSignal,
  ): Promise<AttestationReport> {
    return (await this.#look(registry, expected, signal)).report;
  }

  /**
   * The registry's evidence, check by check (`brief`: the passed ones in one line). What is missing is a warning with
   * `auto`.
   * @throws ClusterError (verification) with the check's code.
   */
  async attest(
    registry: Place,
    expected: Expectation,
    context: Context,
    { brief = false }: { readonly brief?: boolean } = {},
  ): Promise<AttestationReport> {
    const { report, gathered } = await this.#settled(registry, expected, context);
    this.#oneIsSilent = gathered.evidence.length < 2;
    this.#report = report;
    for (const check of report.checks) this.#reportCheck(check, context, brief);
    assertAttested(report, this.mode, registry.name);
    if (brief) context.check(summaryOf(report));
    this.#trustScript(registry.name, report, gathered, context);
    const { facts, result } = report;
    if (facts && result !== "none") {
      const { directory, clock } = this.#options;
      this.#last = await recordVerified(directory, facts, clock.now());
    }
    return report;
  }

  /** What runs code in a runner's app-compose. @throws ClusterError `attest-compose` (verification). */
  assertTrustedCode(appCompose: AppCompose, name: string, context: Pick<Context, "detail">): void {
    this.#options.scripts.assertTrusted(appCompose, name, context);
  }

  /** The same of a runner that was there already: its script is not trusted because it is the first. */
  assertKnownCode(appCompose: AppCompose, name: string, context: Pick<Context, "detail">): void {
    this.#options.scripts.assertTrusted(appCompose, name, context, false);
  }

  /** For the result: the last report, with the check of the environment key. */
  get outcome(): Pick<AttestationReport, "result" | "checks"> {
    const { result = "none", checks = [] } = this.#report ?? {};
    const key = this.#envKey;
    if (!key) return { result, checks };
    const isWhole = key.result === "passed" || result === "none";
    return { result: isWhole ? result : "partly", checks: [...checks, key] };
  }

  /** For the history. */
  get record(): NonNullable<HistoryEntry["attestation"]> {
    return { mode: this.mode, result: this.outcome.result, scripts: this.#options.scripts.trusted };
  }

  /** Looks again where evidence may lag behind; with `require` until the timeout where the network is at fault. */
  async #settled(registry: Place, expected: Expectation, context: Context): Promise<Observation> {
    const { clock, signal } = context;
    const deadline = clock.monotonic() + context.timeoutMs;
    const limit = this.#oneIsSilent && this.mode === "auto" ? 1 : LOOKS;
    let seen: Observation | undefined;
    for (let looks = 1; ; looks += 1) {
      const found = await this.#look(registry, expected, signal);
      // A look that shows nothing does not invalidate an earlier one.
      if (!seen || !showsNothing(found)) seen = found;
      const isPassing =
        this.mode === "require" && found.gathered.unavailable.some(({ passing }) => passing);
      if (!isPassing && (isSettled(found) || looks >= limit)) return seen;
      if (clock.monotonic() >= deadline) return seen;
      await clock.sleep(context.pollIntervalMs, signal);
    }
  }

  async #look(registry: Place, expected: Expectation, signal: AbortSignal): Promise<Observation> {
    const { sources, trust, scripts, gatewayUrl, clock } = this.#options;
    const { appId, nodeName: node, baseDomain } = registry;
    const url = renderGatewayUrl(gatewayUrl, { appId, port: GUEST_PORT, node, baseDomain });
    const gathered = await gatherEvidence(sources, { cvmId: appId, url }, signal);
    const { mayHaveChanged, ownComposeFiles, ...must } = expected;
    const report = attestRegistry({
      ...gathered,
      trust,
      expected: {
        appId,
        trustedScripts: scripts.digests,
        firstUse: scripts.mayTrustFirst,
        ...must,
      },
      since: this.#since(appId, { mayHaveChanged, ownComposeFiles }),
      at: clock.now(),
    });
    return { report, gathered };
  }

  /** A registry that was created again is another one. */
  #since(
    appId: string,
    { mayHaveChanged, ownComposeFiles }: Pick<Expectation, "mayHaveChanged" | "ownComposeFiles">,
  ): Since | undefined {
    const last = this.#last?.app_id === appId ? this.#last : undefined;
    return (
      last && { last: mayHaveChanged ? { ...last, compose_hash: null } : last, ownComposeFiles }
    );
  }

  #reportCheck(check: AttestationCheck, context: Context, brief: boolean): void {
    const { id, result, code, message } = check;
    if (!brief || result !== "passed") context.check(asCheckResult(check));
    if (result === "passed" || result === "failed" || code === null) return;
    // A script's first use is told with its text's size where the app-compose is looked at.
    if (id !== "scripts" && this.mode === "auto") context.warn(code, message);
  }

  #trustScript(
    name: string,
    { facts }: AttestationReport,
    { evidence }: Gathered,
    context: Context,
  ): void {
    const hasScript = facts != null && facts.pre_launch_script_sha256 !== null;
    const appCompose = hasScript ? measuredAppCompose(evidence, facts) : undefined;
    if (appCompose) this.#options.scripts.assertTrusted(appCompose, name, context);
  }

  async #checkEnvKey(key: EnvKey, appId: string | undefined, context: Context): Promise<void> {
    const { sources, trust } = this.#options;
    if (appId !== undefined && key.appId !== appId)
      throw new ClusterError("verification", "env-key-substituted", {
        message: `the environment key that the API gives is that of app ${key.appId}, not of ${appId}`,
        hint: hint`nothing was sent to it; look at the registry: ${command("verify")}`,
      });
    let warned: AttestationCheck | undefined;
    const warn = (code: "env-key-unverified", message: string): void => {
      context.warn(code, message);
      warned = { id: "env-key", result: "unverified", code: "env-key-unverified", message };
    };
    const gate = { mode: this.mode, trusted: trust.kms, sources, warn };
    const kms = await checkEnvKey(key, gate, context.signal);
    this.#envKey = warned ?? {
      id: "env-key",
      result: "passed",
      code: null,
      message: `the key that the environment is sealed with is signed by the KMS ${kms ?? ""}`,
    };
    context.check(asCheckResult(this.#envKey));
  }
}

function isSettled({ report, gathered }: Observation): boolean {
  const { checks } = report;
  return (
    gathered.evidence.length === 2 && !checks.some(({ code }) => code !== null && PASSING.has(code))
  );
}

const showsNothing = ({ report }: Observation): boolean =>
  report.facts === null && lacksEvidenceOnly(report);

/** Whether the only objection is that some evidence was not shown yet. */
export function lacksEvidenceOnly({ checks }: AttestationReport): boolean {
  const open = checks.filter(({ result }) => result === "unverified" || result === "failed");
  return (
    open.every(({ code }) => code !== null && isMissingEvidence(code)) &&
    open.some(({ code }) => code === "attest-unavailable")
  );
}

function summaryOf({ result, checks }: AttestationReport): CheckLine {
  const passed = checks.filter((check) => check.result === "passed").length;
  return {
    id: "attestation",
    title: "attestation",
    severity: "warning",
    kind: "prerequisite",
    status: result === "verified" ? "passed" : "failed",
    detail: `${result}, ${passed} of ${checks.length} checks passed`,
  };
}

function asCheckResult({ id, result, message }: AttestationCheck): CheckLine {
  return {
    id,
    title: `attestation, ${id}`,
    severity: result === "failed" ? "error" : "warning",
    kind: "prerequisite",
    status: result === "passed" ? "passed" : "failed",
    detail: message,
  };
}
