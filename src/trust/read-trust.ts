/** Reads the trust file, else uses the built-in trust. */
import { isErrno } from "../lib/errno.ts";
import { readFile } from "node:fs/promises";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { parseTrustFile, trustSchema, type Trust } from "./trust-file.ts";

export const DEFAULT_TRUST_FILE = "tee-cluster.trust.json";

/** `file`: null for the built-in trust, `sandbox` for that of the sandbox. */
type ReadTrust = { readonly trust: Trust; readonly file: string | null };

/**
 * @param sandboxTrust of a running sandbox, passed by the composition root with `--sandbox` only: no file or variable
 *   makes a run trust it. Scripts and fields that the file pins are trusted there too.
 * @throws ClusterError `bad-trust-file` (input)
 */
export async function readTrust(
  named: string | undefined,
  sandboxTrust?: unknown,
): Promise<ReadTrust> {
  const own = await readOwn(named);
  if (sandboxTrust === undefined) return own;
  const { pre_launch_scripts, app_compose_fields, registry } = own.trust;
  const trust = { ...trustSchema.parse(sandboxTrust), pre_launch_scripts, app_compose_fields };
  return { trust: registry ? { ...trust, registry } : trust, file: own.file ?? "sandbox" };
}

async function readOwn(named: string | undefined): Promise<ReadTrust> {
  const file = named ?? DEFAULT_TRUST_FILE;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (named === undefined && isErrno(error, "ENOENT"))
      return { trust: BUILT_IN_TRUST, file: null };
    throw new ClusterError("input", "bad-trust-file", {
      message: `can't read the trust file ${file}: ${messageOf(error)}`,
      hint: "name another one with --trust-file, or leave it out to use the built-in trust",
    });
  }
  return { trust: parseTrustFile(text, file), file };
}

export type Amendment = {
  /** TCB statuses. `Revoked` can't be accepted. */
  readonly acceptTcb: readonly string[];
  /** SHA-256 of pre-launch scripts. */
  readonly trustScript: readonly string[];
  /** The highest TCB evaluation number that was verified before: lower ones are older data of Intel. */
  readonly seenEvaluation: number;
};

/** @throws ClusterError `invalid-inputs` (input) for an invalid status or digest */
export function amendTrust(
  trust: Trust,
  { acceptTcb, trustScript, seenEvaluation }: Amendment,
): Trust {
  const { tcb, pre_launch_scripts: scripts } = trust;
  const added = trustScript
    .filter((digest) => !scripts.some(({ sha256 }) => sha256 === digest))
    .map((sha256) => ({ sha256, note: "--trust-script" }));
  const amended = {
    ...trust,
    tcb: {
      ...tcb,
      accept: [...new Set<string>([...tcb.accept, ...acceptTcb])].toSorted(),
      min_evaluation_number: Math.max(tcb.min_evaluation_number, seenEvaluation),
    },
    pre_launch_scripts: [...scripts, ...added].toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
  };
  const parsed = trustSchema.safeParse(amended);
  if (parsed.success) return parsed.data;
  const isStatus = parsed.error.issues[0]?.path[0] === "tcb";
  throw new ClusterError("input", "invalid-inputs", {
    message: isStatus
      ? `--accept-tcb: invalid status: ${acceptTcb.join(", ")}`
      : `--trust-script: invalid SHA-256: ${trustScript.join(", ")}`,
    hint: isStatus
      ? "use a status of Intel's other than Revoked, for example --accept-tcb OutOfDate"
      : "use the 64 lower-case hex digits that verify shows",
  });
}

const MRTD_05 =
  "f06dfda6dce1cf904d4e2bab1dc370634cf95cefa2ceb2de2eee127c9382698090d7a4a13e14c536ec6c9c3c8fa87077";
const RTMR1_059 =
  "07e6f51aa763abfe75c3ddfbf4f425fe3f0ceff66d807a75e049303dce9addf68e7218729bd419638af63a370f65878c";

export const BUILT_IN_TRUST: Trust = {
  version: 1,
  /** SHA-256 of the Intel SGX Root CA certificate (DER), valid 2018 to 2049. */
  intel_root_sha256: "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3",
  tcb: { accept: ["SWHardeningNeeded", "UpToDate"], advisories: [], min_evaluation_number: 0 },
  kms: [
    {
      name: "phala",
      // Found in four independent public places.
      k256: "0334c76e0c3f52ec64cbf9bbf5c910c272330166fd656c0a86bb330963e46910e1",
      ca_spki_sha256: "3b9af543b721799280ba3f05cef2a93aee3d99e49ea8f6f5716536db87b8e7f3",
    },
  ],
  os: [
    {
      // Mainly from one public source.
      name: "dstack-0.5.7",
      mrtd: MRTD_05,
      rtmr1:
        "920eb831509b58bf83a554b5377dd5ce26d3f5182f14d33622ac24c1d343a0fa3c7bde746e55098ca30baf784dfd2556",
      rtmr2:
        "4674857a0f5b090f9203245f55c6516c37f533b362576a505f5b89efa2a28376d6b82e984e41f1f0ebcddfcbeb9581b9",
      rtmr0: {},
      dev: false,
    },
    {
      // Mainly from one public source.
      name: "dstack-0.5.8",
      mrtd: MRTD_05,
      rtmr1:
        "b598fde9491427341bc4683b75d10d3e36770af3a36a6954d8b6b7b22aa66358f13e1f172e51b7d6e6710d99a8d8532f",
      rtmr2:
        "9284cde236231d5ddace01104a440fd504df5182a2ad1ac3d2138b80c6a7864bd2c30f69041d8264217f3d24541580cf",
      rtmr0: {},
      dev: false,
    },
    {
      // Confirmed by at least four independent public sources.
      name: "dstack-0.5.9",
      mrtd: MRTD_05,
      rtmr1: RTMR1_059,
      rtmr2:
        "df67e467e60edc1737bcf8e682d48131bfb427f523226aa7f197a7608e9b3784783fa759ef5b28191fa12f9ddb36b858",
      rtmr0: {},
      dev: false,
    },
    {
      // Differs from dstack-0.5.9 in RTMR2 alone; its MRTD is not published.
      name: "dstack-dev-0.5.9",
      rtmr1: RTMR1_059,
      rtmr2:
        "a2a58c9a959a4fa44bd6da0c97a2270c051faf12084cfe91ae900e4fdff6cdd4f69a82005e04ee920f231497894d677f",
      rtmr0: {},
      dev: true,
    },
  ],
  pre_launch_scripts: [],
  app_compose_fields: [],
};
