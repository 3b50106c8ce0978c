/** Intel's side of a verification: the chain to the pinned root, revocation lists, TCB info, QE identity. */
import type { X509Certificate } from "node:crypto";
import type { Collateral } from "../core/attestation.ts";
import * as x509 from "./certificate.ts";
import { byOid, readDer } from "./der.ts";
import { ensure, ensureFresh } from "./refusal.ts";

/** `intelRoot`: SHA-256 of the root certificate (DER, hex); `at`: ms since 1970. */
export type Anchor = { readonly intelRoot: string; readonly at: number };
const PCK_CA = /^Intel SGX PCK (Platform|Processor) CA$/;

/** The checks are listed in docs/attestation.md. `expires`: the earliest expiry, ms. @throws Refusal */
export function verifyCollateral(given: Collateral, pckChain: string, { intelRoot, at }: Anchor) {
  const [pck, platformCa, root, ...more] = x509.parsePemChain(pckChain);
  const isThree = pck && platformCa && root && more.length === 0;
  ensure(isThree, "chain", "the chain in the quote does not consist of three certificates");
  const end = `the quote's chain ends in "${x509.nameOf(root)}", which is not the trusted Intel root`;
  ensure(x509.sha256(root.raw) === intelRoot, "root", end);
  const rootCrl = x509.parseCrl(given.root_ca_crl, root, at);
  x509.ensureIssued(platformCa, root, { role: PCK_CA, crl: rootCrl, at });
  const pckCrl = x509.parseCrl(given.pck_crl, platformCa, at);
  x509.ensureIssued(pck, platformCa, { role: /^Intel SGX PCK Certificate$/, crl: pckCrl, at });

  const signing = { root, crl: rootCrl, at };
  // oxlint-disable typescript/no-unsafe-type-assertion -- Intel signed the form; what lacks fails closed
  const tcbInfo = readSigned(given, "tcb_info", signing) as TcbInfo;
  const qeIdentity = readSigned(given, "qe_identity", signing) as QeIdentity;
  // oxlint-enable typescript/no-unsafe-type-assertion
  const documents = [tcbInfo, qeIdentity].map(({ nextUpdate }) => Date.parse(nextUpdate));
  const expires = Math.min(rootCrl.nextUpdate, pckCrl.nextUpdate, ...documents);
  return { pck, tcbInfo, qeIdentity, expires };
}

/** One of Intel's two documents: signed by the TCB signer of this very root, and in date. */
function readSigned(
  given: Collateral,
  part: "tcb_info" | "qe_identity",
  { root, crl, at }: { root: X509Certificate; crl: x509.Crl; at: number },
): TcbInfo | QeIdentity {
  const [signer, signerRoot, ...more] = x509.parsePemChain(given[`${part}_issuer_chain`]);
  const isPair = signer && signerRoot?.raw.equals(root.raw) && more.length === 0;
  ensure(isPair, "chain", `the chain of Intel's ${part} does not end in the trusted root`);
  x509.ensureIssued(signer, root, { role: /^Intel SGX TCB Signing$/, crl, at });
  const [text, signature] = [given[part], Buffer.from(given[`${part}_signature`], "hex")];
  const isGenuine = x509.isSigned(Buffer.from(text), signer.publicKey, signature);
  ensure(isGenuine, "collateral-signature", `the signature of Intel's ${part} is invalid`);
  const document: TcbInfo | QeIdentity = JSON.parse(text);
  const { id, issueDate, nextUpdate } = document;
  ensureFresh(Date.parse(issueDate), Date.parse(nextUpdate), at, `Intel's document ${id}`);
  return document;
}

const SGX_EXTENSIONS = "2a864886f84d010d01"; // 1.2.840.113741.1.13.1

export type Platform = ReturnType<typeof platformOf>;

/** Intel SGX PCK Certificate Specification, 1.3.5; hex in lower case. @throws Refusal if a part is missing */
export function platformOf(pck: X509Certificate) {
  const fields = byOid(readDer(x509.extensionOf(pck, SGX_EXTENSIONS)));
  const tcb = byOid(fields.get(`${SGX_EXTENSIONS}02`));
  const hex = (oid: string): string => {
    const value = fields.get(SGX_EXTENSIONS + oid) ?? tcb.get(SGX_EXTENSIONS + oid);
    ensure(value, "pck", "the PCK certificate lacks a part of its SGX extensions");
    return value.body.toString("hex");
  };
  const svn = (n: number): number =>
    Number.parseInt(hex(`02${n.toString(16).padStart(2, "0")}`), 16);
  const cpuSvn = Array.from({ length: 16 }, (_, index) => svn(index + 1));
  return { pceId: hex("03"), fmspc: hex("04"), cpuSvn, pceSvn: svn(17) };
}

export type TcbLevel<Tcb> = { tcb: Tcb; tcbStatus: string; advisoryIDs?: string[] };
type IsvLevels = readonly TcbLevel<{ readonly isvsvn: number }>[];
type Dated = Record<"id" | "issueDate" | "nextUpdate", string> &
  Record<"version" | "tcbEvaluationDataNumber", number>;
type Components = readonly { readonly svn: number }[];
type PlatformTcb = { pcesvn: number; sgxtcbcomponents: Components; tdxtcbcomponents: Components };
type TdxModule = Record<"mrsigner" | "attributes" | "attributesMask", string>;

/** `/tdx/certification/v4/tcb` */
export type TcbInfo = Dated & {
  readonly fmspc: string;
  readonly pceId: string;
  readonly tdxModule: TdxModule;
  readonly tdxModuleIdentities?: readonly (TdxModule & { id: string; tcbLevels: IsvLevels })[];
  readonly tcbLevels: readonly TcbLevel<PlatformTcb>[];
};

/** `/tdx/certification/v4/qe/identity` */
export type QeIdentity = Dated &
  Record<"miscselect" | "miscselectMask" | "attributes" | "attributesMask" | "mrsigner", string> & {
    readonly isvprodid: number;
    readonly tcbLevels: IsvLevels;
  };
