/** Intel's side of a verification: the chain to the pinned root, revocation lists, TCB info, QE identity. */
import type { X509Certificate } from "node:crypto";
import type { Collateral } from "../core/attestation.ts";
import * as x509 from "./certificate.ts";
import { byOid, readDer } from "./der.ts";
import { requireFresh, requireQuote } from "./refusal.ts";

/** `intelRoot`: SHA-256 of the root certificate (DER, hex); `at`: ms since 1970. */
export type Anchor = { readonly intelRoot: string; readonly at: number };

export type TcbLevel<Tcb> = {
  readonly tcb: Tcb;
  readonly tcbStatus: string;
  readonly advisoryIDs?: string[];
};
type IsvLevels = readonly TcbLevel<{ readonly isvsvn: number }>[];
type Dated = Record<"id" | "issueDate" | "nextUpdate", string> &
  Record<"version" | "tcbEvaluationDataNumber", number>;
type Components = readonly { readonly svn: number }[];
type TdxModule = Record<"mrsigner" | "attributes" | "attributesMask", string>;
type PlatformTcb = { pcesvn: number; sgxtcbcomponents: Components; tdxtcbcomponents: Components };

/** Intel PCS v4, `/tdx/certification/v4/tcb`. */
export type TcbInfo = Dated & {
  readonly fmspc: string;
  readonly pceId: string;
  readonly tdxModule: TdxModule;
  readonly tdxModuleIdentities?: readonly (TdxModule & { id: string; tcbLevels: IsvLevels })[];
  readonly tcbLevels: readonly TcbLevel<PlatformTcb>[];
};

/** Intel PCS v4, `/tdx/certification/v4/qe/identity`. */
export type QeIdentity = Dated &
  Record<"miscselect" | "miscselectMask" | "attributes" | "attributesMask" | "mrsigner", string> & {
    readonly isvprodid: number;
    readonly tcbLevels: IsvLevels;
  };

/**
 * Docs/attestation.md says what each part is checked for. `expires`: when the first part of it does, ms.
 * @throws Refusal
 */
export function verifyCollateral(given: Collateral, pckChain: string, anchor: Anchor) {
  const { at } = anchor;
  const [pck, platformCa, root, ...more] = x509.parsePemChain(pckChain);
  const isWhole =
    pck !== undefined && platformCa !== undefined && root !== undefined && more.length === 0;
  requireQuote(isWhole, "chain", "the chain in the quote does not consist of three certificates");
  const ends = `the quote's chain ends in "${x509.nameOf(root)}", which is not the trusted Intel root`;
  requireQuote(x509.sha256(root.raw) === anchor.intelRoot, "root", ends);
  const rootCrl = x509.parseCrl(Buffer.from(given.root_ca_crl, "hex"), root, at);
  assertGood(platformCa, root, {
    crl: rootCrl,
    at,
    role: /^Intel SGX PCK (Platform|Processor) CA$/,
  });
  const pckCrl = x509.parseCrl(Buffer.from(given.pck_crl, "hex"), platformCa, at);
  assertGood(pck, platformCa, { crl: pckCrl, at, role: /^Intel SGX PCK Certificate$/ });

  const signedBy = (chain: string, what: string): X509Certificate => {
    const [signer, signerRoot, ...others] = x509.parsePemChain(chain);
    const isPair =
      signer !== undefined && signerRoot?.raw.equals(root.raw) === true && others.length === 0;
    requireQuote(isPair, "chain", `the chain of Intel's ${what} does not end in the trusted root`);
    assertGood(signer, root, { crl: rootCrl, at, role: /^Intel SGX TCB Signing$/ });
    return signer;
  };
  const tcbSigner = signedBy(given.tcb_info_issuer_chain, "TCB info");
  const qeSigner = signedBy(given.qe_identity_issuer_chain, "QE identity");
  // oxlint-disable typescript/no-unsafe-type-assertion -- Intel signed the form; what lacks fails closed
  const tcbInfo = readSigned(given.tcb_info, tcbSigner, given.tcb_info_signature) as TcbInfo;
  const qeIdentity = readSigned(
    given.qe_identity,
    qeSigner,
    given.qe_identity_signature,
  ) as QeIdentity;
  // oxlint-enable typescript/no-unsafe-type-assertion
  const expiries = [tcbInfo, qeIdentity].map(({ id, issueDate, nextUpdate }) => {
    requireFresh(Date.parse(issueDate), Date.parse(nextUpdate), at, `Intel's document ${id}`);
    return Date.parse(nextUpdate);
  });
  return {
    pck,
    tcbInfo,
    qeIdentity,
    expires: Math.min(rootCrl.nextUpdate, pckCrl.nextUpdate, ...expiries),
  };
}

/** `role`: a PCK certificate's key must not be able to sign TCB info, nor the other way round. */
type Required = { readonly crl: x509.Crl; readonly at: number; readonly role: RegExp };

function assertGood(
  certificate: X509Certificate,
  issuer: X509Certificate,
  required: Required,
): void {
  const name = x509.nameOf(certificate);
  x509.assertIssued(certificate, issuer, required.at);
  requireQuote(
    !x509.isRevoked(required.crl, certificate),
    "revoked",
    `Intel has revoked "${name}"`,
  );
  requireQuote(
    required.role.test(name),
    "chain-role",
    `the certificate "${name}" is not for this purpose`,
  );
}

function readSigned(text: string, signer: X509Certificate, signature: string): unknown {
  const isSigned = x509.isSigned(
    Buffer.from(text),
    signer.publicKey,
    Buffer.from(signature, "hex"),
  );
  requireQuote(
    isSigned,
    "collateral-signature",
    "the signature of Intel's TCB info or QE identity is invalid",
  );
  return JSON.parse(text);
}

const SGX_EXTENSIONS = "2a864886f84d010d01"; // 1.2.840.113741.1.13.1

export type Platform = ReturnType<typeof platformOf>;

/** Intel SGX PCK Certificate Specification, 1.3.5; hex in lower case. @throws Refusal where a part is missing */
export function platformOf(pck: X509Certificate) {
  const fields = byOid(readDer(x509.extensionOf(pck, SGX_EXTENSIONS)));
  const tcb = byOid(fields.get(`${SGX_EXTENSIONS}02`));
  const svn = (n: number): number =>
    Number.parseInt(hex(tcb.get(`${SGX_EXTENSIONS}02${n.toString(16).padStart(2, "0")}`)), 16);
  return {
    pceId: hex(fields.get(`${SGX_EXTENSIONS}03`)),
    fmspc: hex(fields.get(`${SGX_EXTENSIONS}04`)),
    cpuSvn: Array.from({ length: 16 }, (_, index) => svn(index + 1)),
    pceSvn: svn(17),
  };
}

function hex(value: { readonly body: Buffer } | undefined): string {
  requireQuote(
    value !== undefined,
    "pck",
    "the PCK certificate lacks a part of its SGX extensions",
  );
  return value.body.toString("hex");
}
