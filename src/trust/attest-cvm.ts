/** Checks one source's evidence of a CVM against what is trusted and expected. */
import { readEventLog, type MeasuredEvents } from "../attest/event-log.ts";
import type { TdReport } from "../attest/quote.ts";
import type { TcbResult } from "../attest/tcb.ts";
import { verifyQuote } from "../attest/verify-quote.ts";
import {
  refuse,
  type AttestationFacts,
  type Collateral,
  type Evidence,
} from "../core/attestation.ts";
import { sha256Hex } from "../core/compose-hash.ts";
import { CheckList } from "./check-list.ts";
import { checkCompose, type ExpectedCompose } from "./check-compose.ts";
import { verifyRaTls, type RaTls } from "./ra-tls.ts";
import type { OsImage, Trust } from "./trust-file.ts";

/** What the CVM must be. Undefined fields are not checked. */
export type Expected = ExpectedCompose & {
  /** 40 hex digits. */
  readonly appId?: string | undefined;
  /** ms since 1970: the certificate must have been issued later, for evidence after an update. */
  readonly newerThan?: number | undefined;
};

export type CvmAttestation = {
  readonly list: CheckList;
  readonly facts: AttestationFacts | undefined;
};

export type CvmAttestationInput = {
  readonly evidence: Evidence;
  /** Undefined: not available. */
  readonly collateral: Collateral | undefined;
  readonly trust: Trust;
  readonly expected: Expected;
  /** ms since 1970 */
  readonly at: number;
};

export function attestCvm({
  evidence,
  collateral,
  trust,
  expected,
  at,
}: CvmAttestationInput): CvmAttestation {
  const list = new CheckList();
  const verified = list.attempt(
    "quote",
    () => {
      if (!collateral)
        refuse("attest-unavailable", "collateral", "not verified without Intel's collateral");
      const anchor = { intelRoot: trust.intel_root_sha256, at };
      return verifyQuote(Buffer.from(evidence.quote, "hex"), collateral, anchor);
    },
    ({ fmspc }) => `signed by an Intel TDX platform (FMSPC ${fmspc}), not debuggable`,
  );
  if (!verified) return { list, facts: undefined };
  const { report, tcb, fmspc, expires } = verified;
  const { mrtd, rtmr0, rtmr1, rtmr2, rtmr3 } = report;
  list.attempt(
    "tcb",
    () => assertTcb(tcb, trust),
    () => `${tcb.status}${advisoriesOf(tcb)}`,
  );
  const certificate = checkCertificate(evidence, report, list);
  const events = checkEventLog(evidence, report, list);
  const os = checkOsImage(report, trust, list);
  const kms = checkKeyProvider(events, certificate, trust, list);
  checkApp(events, expected, list);
  const script =
    events && checkCompose(evidence.appCompose, events.composeHash, { trust, expected, list });
  checkFreshness(certificate, expected, list);
  const facts: AttestationFacts = {
    registers: { mrtd, rtmr0, rtmr1, rtmr2, rtmr3 },
    tcb_status: tcb.status,
    advisories: tcb.advisories,
    tcb_evaluation_number: tcb.evaluationNumber,
    fmspc,
    collateral_expires: new Date(expires).toISOString(),
    os_image: os?.name ?? null,
    kms: kms ?? null,
    key_provider_sha256: events?.keyProvider ? digestOf(events.keyProvider) : null,
    app_id: events?.appId ?? null,
    instance_id: events?.instanceId ?? null,
    compose_hash: events?.composeHash ?? null,
    certificate_issued: certificate ? new Date(certificate.issuedAt).toISOString() : null,
    pre_launch_script_sha256: script ?? null,
  };
  return { list, facts };
}

function assertTcb(
  { status, platform, module, qe, advisories, evaluationNumber }: TcbResult,
  { tcb }: Trust,
): void {
  const accepted = new Set<string>(tcb.accept);
  const bad = [platform, module, qe].find((one) => !accepted.has(one));
  if (bad !== undefined) {
    const message = `TCB status ${bad}: the platform is not up to date; accept it with --accept-tcb`;
    refuse("attest-tcb", "status", message);
  }
  const unknown =
    tcb.advisories.length === 0 ? [] : advisories.filter((id) => !tcb.advisories.includes(id));
  if (status !== "UpToDate" && unknown.length > 0)
    refuse("attest-tcb", "advisories", `advisories that are not accepted: ${unknown.join(", ")}`);
  if (evaluationNumber < tcb.min_evaluation_number) {
    const message = `TCB evaluation ${evaluationNumber} is older than ${tcb.min_evaluation_number}, which was seen before`;
    refuse("attest-tcb", "evaluation-number", message);
  }
}

const advisoriesOf = ({ advisories }: TcbResult): string =>
  advisories.length === 0 ? "" : `, advisories ${advisories.join(", ")}`;

/** The API's evidence has no certificate. */
function checkCertificate(
  evidence: Evidence,
  report: TdReport,
  list: CheckList,
): RaTls | undefined {
  const { certificates } = evidence;
  if (certificates === undefined) return undefined;
  return list.attempt(
    "certificate",
    () => verifyRaTls(certificates, report.reportData),
    ({ issuedAt }) =>
      `the quote vouches for the CVM's certificate of ${new Date(issuedAt).toISOString()}`,
  );
}

function checkEventLog(
  evidence: Evidence,
  report: TdReport,
  list: CheckList,
): MeasuredEvents | undefined {
  const { eventLog } = evidence;
  return list.attempt(
    "event-log",
    () => {
      const message = "there is no event log: RTMR3 can't be explained";
      if (!eventLog) refuse("attest-unavailable", "event-log", message);
      return readEventLog(eventLog, report.rtmr3);
    },
    () => "adds up to RTMR3",
  );
}

/** RTMR3 proves something only if MRTD, RTMR1 and RTMR2 are those of a known image. RTMR0 depends on the host. */
function checkOsImage(report: TdReport, trust: Trust, list: CheckList): OsImage | undefined {
  const isImage = ({ mrtd, rtmr1, rtmr2 }: OsImage): boolean =>
    (mrtd === undefined || mrtd === report.mrtd) &&
    rtmr1 === report.rtmr1 &&
    rtmr2 === report.rtmr2;
  const image = trust.os.find(isImage);
  if (!image) {
    const message = `the OS image is unknown (MRTD, RTMR1 and RTMR2 ${report.rtmr2.slice(0, 12)}... are in no list)`;
    return list.refuse("os-image", "attest-os-unknown", message);
  }
  const sizes = Object.values(image.rtmr0);
  if (image.dev) {
    const message = `${image.name} is a development image: its operator can log in`;
    list.refuse("os-image", "attest-os-dev", message);
  } else if (sizes.length === 0 || sizes.includes(report.rtmr0)) {
    list.pass("os-image", image.name);
  } else {
    const message = `${image.name}, with an RTMR0 that is not listed (it depends on the host)`;
    list.warn("os-image", "attest-os-unknown", message);
  }
  return image;
}

/** @returns the KMS's name */
function checkKeyProvider(
  events: MeasuredEvents | undefined,
  certificate: RaTls | undefined,
  trust: Trust,
  list: CheckList,
): string | undefined {
  if (!events) return undefined;
  const provider = events.keyProvider;
  const failed = (message: string): undefined =>
    list.refuse("key-provider", "attest-key-provider", message);
  if (!provider) return failed("the CVM has measured no key provider");
  const isKms = provider.name === "kms";
  if (certificate && isKms && certificate.caSpki !== provider.id)
    return failed("the CVM's certificate is of another KMS than the one it has measured");
  const sha256 = digestOf(provider);
  const known = isKms && trust.kms.find(({ ca_spki_sha256: ca }) => ca === sha256);
  if (!known) {
    const message = `keys come from the unknown provider ${provider.name} ${sha256.slice(0, 12)}...`;
    return list.refuse("key-provider", "kms-unknown", message);
  }
  list.pass("key-provider", `KMS ${known.name}`);
  return known.name;
}

const digestOf = ({ id }: { readonly id: string }): string => sha256Hex(Buffer.from(id, "hex"));

function checkApp(events: MeasuredEvents | undefined, { appId }: Expected, list: CheckList): void {
  if (!events) return;
  const measured = events.appId;
  if (measured === undefined) list.refuse("app", "attest-app", "the CVM has measured no app id");
  else if (appId !== undefined && appId !== measured)
    list.refuse("app", "attest-app", `the evidence is of app ${measured}, not of ${appId}`);
  else list.pass("app", measured);
}

function checkFreshness(
  certificate: RaTls | undefined,
  { newerThan }: Expected,
  list: CheckList,
): void {
  if (newerThan === undefined || !certificate) return;
  const issued = new Date(certificate.issuedAt).toISOString();
  // A certificate's date has whole seconds.
  if (certificate.issuedAt + 1000 > newerThan)
    list.pass("freshness", `issued ${issued}, after the restart`);
  else
    list.refuse("freshness", "attest-stale", `the evidence of ${issued} is older than the restart`);
}
