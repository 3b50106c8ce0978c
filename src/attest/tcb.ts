/** How up to date a platform is (Intel PCS v4, "TCB info" and "QE identity"). */
import type { Platform, QeIdentity, TcbInfo, TcbLevel } from "./collateral.ts";
import type { TdReport } from "./quote.ts";
import { refuse } from "../core/attestation.ts";
import { ensure } from "./refusal.ts";

/** From worst to best; an unknown status is worse than all. */
const STATUSES = (
  "Revoked OutOfDateConfigurationNeeded OutOfDate ConfigurationAndSWHardeningNeeded ConfigurationNeeded " +
  "SWHardeningNeeded UpToDate"
).split(" ");

export type TcbResult = ReturnType<typeof tcbResult>;
type Measured = { platform: Platform; report: TdReport; qeReport: Buffer };
const rank = (status: string): number => STATUSES.indexOf(status);

/** `status` is the worst of the three. @throws Refusal `attest-tcb` if Intel lists no level for this platform */
export function tcbResult(info: TcbInfo, identity: QeIdentity, measured: Measured) {
  const ofModule = moduleLevel(info, measured.report);
  const ofPlatform = platformLevel(info, measured.platform, measured.report);
  const levels = [ofPlatform, ofModule, qeLevel(identity, measured.qeReport)];
  const [platform = "", module = "", qe = ""] = levels.map(({ tcbStatus }) => tcbStatus);
  const [status = ""] = [platform, module, qe].toSorted((a, b) => rank(a) - rank(b));
  const advisories = [...new Set(levels.flatMap(({ advisoryIDs }) => advisoryIDs ?? []))];
  const numbers = [info.tcbEvaluationDataNumber, identity.tcbEvaluationDataNumber];
  const evaluationNumber = Math.min(...numbers);
  return { status, platform, module, qe, advisories: advisories.toSorted(), evaluationNumber };
}

type Level = TcbLevel<unknown>;
const NO_LEVEL = "Intel lists no TCB level for the version of";

function platformLevel(info: TcbInfo, platform: Platform, report: TdReport): Level {
  const { fmspc, pceId } = platform;
  ensure(info.id === "TDX" && info.version === 3, "tcb-info", "the TCB info is not for TDX");
  const isSame = info.fmspc.toLowerCase() === fmspc && info.pceId.toLowerCase() === pceId;
  ensure(isSame, "tcb-info", `the TCB info is for FMSPC ${info.fmspc}, not ${fmspc}`);
  const moduleSvn = [...Buffer.from(report.teeTcbSvn, "hex")];
  // The first two components are those of the TDX module, checked against its identity from version 1 on.
  const first = moduleSvn[1] === 0 ? 0 : 2;
  const found = info.tcbLevels.find(
    ({ tcb }) =>
      platform.pceSvn >= tcb.pcesvn &&
      covers(platform.cpuSvn, tcb.sgxtcbcomponents, 0) &&
      covers(moduleSvn, tcb.tdxtcbcomponents, first),
  );
  return found ?? refuse("attest-tcb", "platform-level", `${NO_LEVEL} the platform`);
}

function covers(svns: number[], minimum: readonly { svn: number }[], from: number): boolean {
  const isEnough = (svn: number, at: number): boolean =>
    at < from || svn >= (minimum[at]?.svn ?? 256);
  return minimum.length === 16 && svns.every(isEnough);
}

/** Also checks who signed the module, and its attributes. */
function moduleLevel(info: TcbInfo, report: TdReport): Level {
  const [svn = 0, version = 0] = Buffer.from(report.teeTcbSvn, "hex");
  const id = `TDX_${version.toString(16).padStart(2, "0").toUpperCase()}`;
  const identity = info.tdxModuleIdentities?.find((candidate) => candidate.id === id);
  const module = version === 0 ? info.tdxModule : identity;
  ensure(module, "tdx-module", `Intel does not know the TDX module ${id}`);
  const isIntels = module.mrsigner.toLowerCase() === report.mrSignerSeam;
  ensure(isIntels, "tdx-module", "the TDX module is not signed by Intel");
  const isSame = maskedEqual(report.seamAttributes, module.attributes, module.attributesMask);
  ensure(isSame, "tdx-module", "the TDX module's attributes are not those of Intel's release");
  if (version === 0) return { tcb: undefined, tcbStatus: "UpToDate" };
  const found = identity?.tcbLevels.find(({ tcb }) => svn >= tcb.isvsvn);
  return found ?? refuse("attest-tcb", "module-level", `${NO_LEVEL} ${id}`);
}

/** Offsets in an enclave's report: Intel SGX, "REPORTBODY". */
function qeLevel(identity: QeIdentity, report: Buffer): Level {
  const hex = (at: number, length: number): string => report.toString("hex", at, at + length);
  const { id, version, mrsigner, isvprodid, tcbLevels } = identity;
  ensure(id === "TD_QE" && version === 2, "qe-identity", "the QE identity is not that of TDX");
  const isSame =
    hex(128, 32) === mrsigner.toLowerCase() &&
    report.readUInt16LE(256) === isvprodid &&
    maskedEqual(hex(16, 4), identity.miscselect, identity.miscselectMask) &&
    maskedEqual(hex(48, 16), identity.attributes, identity.attributesMask);
  ensure(isSame, "qe-identity", "the quoting enclave is not Intel's");
  ensure((report.readUInt8(48) & 2) === 0, "qe-debug", "the quoting enclave runs in debug mode");
  const svn = report.readUInt16LE(258);
  const found = tcbLevels.find(({ tcb }) => svn >= tcb.isvsvn);
  return found ?? refuse("attest-tcb", "qe-level", `${NO_LEVEL} the quoting enclave`);
}

/** Equal in the bits of the mask (hex, all of the same length). */
function maskedEqual(found: string, expected: string, mask: string): boolean {
  const isSized = found.length === expected.length && found.length === mask.length;
  const masked = (text: string): bigint => BigInt(`0x${text}`) & BigInt(`0x${mask}`);
  return isSized && masked(found) === masked(expected);
}
