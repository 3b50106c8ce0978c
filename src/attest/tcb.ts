/** How up to date a platform is (Intel PCS v4, "TCB info" and "QE identity"). */
import type { Platform, QeIdentity, TcbInfo, TcbLevel } from "./collateral.ts";
import type { TdReport } from "./quote.ts";
import { refuse } from "../core/attestation.ts";
import { requireQuote } from "./refusal.ts";

/** From worst to best; one that is not listed is worse than all. */
const STATUSES = (
  "Revoked OutOfDateConfigurationNeeded OutOfDate ConfigurationAndSWHardeningNeeded ConfigurationNeeded " +
  "SWHardeningNeeded UpToDate"
).split(" ");

/** `status` is the worst of the three. */
export type TcbResult = Readonly<Record<"status" | "platform" | "module" | "qe", string>> & {
  readonly advisories: readonly string[];
  readonly evaluationNumber: number;
};

/** @throws Refusal `attest-tcb` where Intel lists no level for this platform */
export function tcbResult(
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
  given: { platform: Platform; report: TdReport; qeReport: Buffer },
): TcbResult {
  const levels = [
    platformLevel(tcbInfo, given.platform, given.report),
    moduleLevel(tcbInfo, given.report),
    qeLevel(qeIdentity, given.qeReport),
  ];
  const [platform = "", module = "", qe = ""] = levels.map((level) => level.tcbStatus);
  const [status = ""] = [platform, module, qe].toSorted(
    (a, b) => STATUSES.indexOf(a) - STATUSES.indexOf(b),
  );
  const advisories = [...new Set(levels.flatMap((level) => level.advisoryIDs ?? []))].toSorted();
  const numbers = [tcbInfo.tcbEvaluationDataNumber, qeIdentity.tcbEvaluationDataNumber];
  return { status, platform, module, qe, advisories, evaluationNumber: Math.min(...numbers) };
}

type Level = TcbLevel<unknown>;

function platformLevel(info: TcbInfo, platform: Platform, report: TdReport): Level {
  const moduleSvn = [...Buffer.from(report.teeTcbSvn, "hex")];
  requireQuote(info.id === "TDX" && info.version === 3, "tcb-info", "the TCB info is not for TDX");
  const isSame =
    info.fmspc.toLowerCase() === platform.fmspc && info.pceId.toLowerCase() === platform.pceId;
  requireQuote(
    isSame,
    "tcb-info",
    `the TCB info is for FMSPC ${info.fmspc}, not ${platform.fmspc}`,
  );
  // The first two components are the TDX module's own, judged by its identity from version 1 on.
  const first = moduleSvn[1] === 0 ? 0 : 2;
  const found = info.tcbLevels.find(
    ({ tcb }) =>
      platform.pceSvn >= tcb.pcesvn &&
      covers(platform.cpuSvn, tcb.sgxtcbcomponents, 0) &&
      covers(moduleSvn, tcb.tdxtcbcomponents, first),
  );
  return found ?? refuseLevel("platform-level", "the platform");
}

function covers(
  svns: readonly number[],
  minimum: readonly { svn: number }[],
  from: number,
): boolean {
  const isEnough = (svn: number, index: number): boolean =>
    index < from || svn >= (minimum[index]?.svn ?? 256);
  return minimum.length === 16 && svns.every(isEnough);
}

/** Also checks who signed the module, and its attributes. */
function moduleLevel(info: TcbInfo, report: TdReport): Level {
  const [svn = 0, version = 0] = Buffer.from(report.teeTcbSvn, "hex");
  const id = `TDX_${version.toString(16).padStart(2, "0").toUpperCase()}`;
  const identity = info.tdxModuleIdentities?.find((candidate) => candidate.id === id);
  const module = version === 0 ? info.tdxModule : identity;
  requireQuote(module !== undefined, "tdx-module", `Intel does not know the TDX module ${id}`);
  const isSigned = module.mrsigner.toLowerCase() === report.mrSignerSeam;
  requireQuote(isSigned, "tdx-module", "the TDX module is not signed by Intel");
  const isSame = maskedEqual(report.seamAttributes, module.attributes, module.attributesMask);
  requireQuote(
    isSame,
    "tdx-module",
    "the TDX module's attributes are not those of Intel's release",
  );
  if (version === 0) return { tcb: undefined, tcbStatus: "UpToDate" };
  return (
    identity?.tcbLevels.find(({ tcb }) => svn >= tcb.isvsvn) ?? refuseLevel("module-level", id)
  );
}

function qeLevel(identity: QeIdentity, report: Buffer): Level {
  const hex = (start: number, length: number): string =>
    report.toString("hex", start, start + length);
  const { id, version, mrsigner, isvprodid } = identity;
  requireQuote(
    id === "TD_QE" && version === 2,
    "qe-identity",
    "the QE identity is not that of the TDX QE",
  );
  const isSame =
    hex(128, 32) === mrsigner.toLowerCase() &&
    report.readUInt16LE(256) === isvprodid &&
    maskedEqual(hex(16, 4), identity.miscselect, identity.miscselectMask) &&
    maskedEqual(hex(48, 16), identity.attributes, identity.attributesMask);
  requireQuote(isSame, "qe-identity", "the quoting enclave is not Intel's");
  requireQuote(((report[48] ?? 2) & 2) === 0, "qe-debug", "the quoting enclave runs in debug mode");
  const svn = report.readUInt16LE(258);
  return (
    identity.tcbLevels.find(({ tcb }) => svn >= tcb.isvsvn) ?? refuseLevel("qe-level", "the QE")
  );
}

/** Equal in the bits of the mask (hex, all of the same length). */
function maskedEqual(found: string, expected: string, mask: string): boolean {
  const [a, b, bits] = [found, expected, mask].map((text) => BigInt(`0x${text}`));
  const isSized = found.length === expected.length && found.length === mask.length;
  return (
    isSized && a !== undefined && b !== undefined && bits !== undefined && (a & bits) === (b & bits)
  );
}

function refuseLevel(reason: string, what: string): never {
  return refuse("attest-tcb", reason, `Intel lists no TCB level for the version of ${what}`);
}
