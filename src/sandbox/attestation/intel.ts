/**
 * A made-up Intel: root, PCK chain, TCB info, QE identity, revocation lists, and quotes signed with them. Its root is
 * trusted with `--sandbox` only (see cli/wire.ts).
 */
import { createHash, sign } from "node:crypto";
import {
  integer,
  octets,
  oid,
  sequence,
  makeCrl,
  newIssuer,
  newP256,
  privateKeyOf,
  spkiOf,
  type Extension,
  type Issuer,
} from "./x509.ts";

const FMSPC = "5a0db0c00000";
const PCE_ID = "0000";
const SVN = 7;
const YEARS = 20 * 365;
const DAY = 24 * 60 * 60 * 1000;
const QE_SIGNER = createHash("sha256").update("sandbox quoting enclave").digest();

export type MadeUpIntel = {
  readonly root: Issuer;
  readonly platformCa: Issuer;
  readonly pck: Issuer;
  readonly tcbSigner: Issuer;
  /** The quoting enclave's attestation key: PKCS#8, PEM. */
  readonly attestationKey: string;
};

export function newIntel(now: number): MadeUpIntel {
  const common = { notBefore: now - DAY, days: YEARS };
  const root = newIssuer("NOT INTEL: tee-cluster sandbox", { ...common, isCa: true });
  const platformCa = newIssuer("Intel SGX PCK Platform CA", {
    ...common,
    isCa: true,
    issuer: root,
  });
  const pckRequest = { ...common, isCa: false, issuer: platformCa, extensions: [sgxExtensions()] };
  const pck = newIssuer("Intel SGX PCK Certificate", pckRequest);
  const tcbSigner = newIssuer("Intel SGX TCB Signing", { ...common, isCa: false, issuer: root });
  const attestationKey = newP256().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { root, platformCa, pck, tcbSigner, attestationKey };
}

/** The SGX extensions of the PCK certificate: what Intel certifies about a platform. */
function sgxExtensions(): Extension {
  const base = "1.2.840.113741.1.13.1";
  const entry = (id: string, value: Buffer): Buffer => sequence(oid(`${base}.${id}`), value);
  const components = Array.from({ length: 16 }, (_, index) =>
    entry(`2.${index + 1}`, integer(SVN)),
  );
  const tcb = [
    ...components,
    entry("2.17", integer(SVN)),
    entry("2.18", octets(Buffer.alloc(16, SVN))),
  ];
  const value = sequence(
    entry("1", octets(Buffer.alloc(16))),
    entry("2", sequence(...tcb)),
    entry("3", octets(Buffer.from(PCE_ID, "hex"))),
    entry("4", octets(Buffer.from(FMSPC, "hex"))),
  );
  return { id: base, value };
}

export type PcsAnswers = ReturnType<typeof pcsAnswers>;

export type PcsChanges = {
  /** `UpToDate` where absent. */
  readonly status?: string;
  /** Serial numbers of revoked PCK certificates, hex. */
  readonly revoked?: readonly string[];
};

/** The answers of Intel's Provisioning Certification Service at the time `at` (ms). */
export function pcsAnswers(intel: MadeUpIntel, at: number, changes: PcsChanges = {}) {
  const dates = {
    issueDate: new Date(at - DAY).toISOString(),
    nextUpdate: new Date(at + 29 * DAY).toISOString(),
  };
  const tcbInfo = JSON.stringify(tcbInfoOf(dates, changes.status ?? "UpToDate"));
  const qeIdentity = JSON.stringify(qeIdentityOf(dates));
  const signed = (text: string): string =>
    rawSignature(Buffer.from(text), intel.tcbSigner.key).toString("hex");
  return {
    rootCrl: makeCrl(intel.root, at),
    pckCrl: makeCrl(intel.platformCa, at, changes.revoked),
    pckCrlChain: intel.platformCa.certificate + intel.root.certificate,
    /** Of the TCB info and of the QE identity. */
    signerChain: intel.tcbSigner.certificate + intel.root.certificate,
    tcbInfo,
    tcbInfoSignature: signed(tcbInfo),
    qeIdentity,
    qeIdentitySignature: signed(qeIdentity),
  };
}

const components = (svn: number): readonly { svn: number }[] =>
  Array.from({ length: 16 }, () => ({ svn }));

const tcb = (svn: number): unknown => ({
  sgxtcbcomponents: components(svn),
  pcesvn: svn,
  // The second one is the TDX module's version.
  tdxtcbcomponents: components(svn).with(1, { svn: 1 }),
});

type Dates = { readonly issueDate: string; readonly nextUpdate: string };

function tcbInfoOf(dates: Dates, tcbStatus: string): unknown {
  const mask = { attributes: "0000000000000000", attributesMask: "FFFFFFFFFFFFFFFF" };
  const module = { mrsigner: "00".repeat(48), ...mask };
  const tcbDate = "2026-01-01T00:00:00Z";
  const advisoryIDs = ["SANDBOX-SA-00001"];
  return {
    id: "TDX",
    version: 3,
    ...dates,
    fmspc: FMSPC.toUpperCase(),
    pceId: PCE_ID,
    tcbType: 0,
    tcbEvaluationDataNumber: 20,
    tdxModule: module,
    tdxModuleIdentities: [
      {
        id: "TDX_01",
        ...module,
        tcbLevels: [{ tcb: { isvsvn: SVN }, tcbDate, tcbStatus: "UpToDate" }],
      },
    ],
    tcbLevels: [
      { tcb: tcb(SVN), tcbDate, tcbStatus, ...(tcbStatus !== "UpToDate" && { advisoryIDs }) },
      { tcb: tcb(1), tcbDate, tcbStatus: "OutOfDate", advisoryIDs },
    ],
  };
}

function qeIdentityOf(dates: Dates): unknown {
  return {
    id: "TD_QE",
    version: 2,
    ...dates,
    tcbEvaluationDataNumber: 20,
    miscselect: "00000000",
    miscselectMask: "FFFFFFFF",
    attributes: "11000000000000000000000000000000",
    attributesMask: "FBFFFFFFFFFFFFFF0000000000000000",
    mrsigner: QE_SIGNER.toString("hex").toUpperCase(),
    isvprodid: 2,
    tcbLevels: [{ tcb: { isvsvn: SVN }, tcbDate: "2026-01-01T00:00:00Z", tcbStatus: "UpToDate" }],
  };
}

/** r and s, 32 bytes each. */
function rawSignature(data: Buffer, key: string): Buffer {
  return sign("sha256", data, { key: privateKeyOf(key), dsaEncoding: "ieee-p1363" });
}

/** Where the fields of a TD report are. */
const TD_FIELDS = {
  mrtd: 136,
  rtmr0: 328,
  rtmr1: 376,
  rtmr2: 424,
  rtmr3: 472,
  reportData: 520,
} as const;

/** In hex: registers of 48 bytes each, `reportData` of 64. */
export type TdMeasurements = Readonly<Record<keyof typeof TD_FIELDS, string>> & {
  readonly debug?: boolean;
  /** Quote version 5 (TDX 1.5 body) instead of 4. */
  readonly version?: 4 | 5;
  /** The service TD that it is bound to, version 5 only. */
  readonly mrServiceTd?: string;
};

/** A signed quote. `attestationKey`: any other than the certified one makes a quote that no TEE has signed. */
export function makeQuote(
  intel: MadeUpIntel,
  td: TdMeasurements,
  attestationKey = intel.attestationKey,
): Buffer {
  const signed = Buffer.concat([header(td.version ?? 4), body(td)]);
  const authData = Buffer.alloc(32);
  const key = rawPublicKey(intel.attestationKey);
  const qeReport = qeReportOf(createHash("sha256").update(key).update(authData).digest());
  const chain = Buffer.from(
    `${intel.pck.certificate}${intel.platformCa.certificate}${intel.root.certificate}\0`,
  );
  const certification = Buffer.concat([
    qeReport,
    rawSignature(qeReport, intel.pck.key),
    u16(authData.length),
    authData,
    u16(5),
    u32(chain.length),
    chain,
  ]);
  const authentication = Buffer.concat([
    rawSignature(signed, attestationKey),
    key,
    u16(6),
    u32(certification.length),
    certification,
  ]);
  return Buffer.concat([signed, u32(authentication.length), authentication]);
}

function header(version: number): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt16LE(version, 0);
  bytes.writeUInt16LE(2, 2);
  bytes.writeUInt32LE(0x81, 4);
  bytes.write("939a7233f79c4ca9940a0db3957f0607", 12, "hex"); // Intel's quoting enclave
  return bytes;
}

function body(td: TdMeasurements): Buffer {
  const report = Buffer.alloc(td.version === 5 ? 648 : 584);
  report.fill(SVN, 0, 16);
  report[1] = 1; // the TDX module's version
  report[123] = 0x10; // SEPT_VE_DISABLE
  if (td.debug === true) report[120] = 1;
  for (const name of Object.keys(TD_FIELDS) as (keyof typeof TD_FIELDS)[])
    report.write(td[name], TD_FIELDS[name], "hex");
  if (td.mrServiceTd !== undefined) report.write(td.mrServiceTd, 600, "hex");
  return td.version === 5 ? Buffer.concat([u16(3), u32(report.length), report]) : report;
}

function qeReportOf(keyHash: Buffer): Buffer {
  const report = Buffer.alloc(384);
  report[48] = 0x11;
  QE_SIGNER.copy(report, 128);
  report.writeUInt16LE(2, 256);
  report.writeUInt16LE(SVN, 258);
  keyHash.copy(report, 320);
  return report;
}

const rawPublicKey = (key: string): Buffer => spkiOf({ key }).subarray(-64);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
