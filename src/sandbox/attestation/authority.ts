/** The made-up Intel and KMS of one sandbox: made once, kept next to its cloud, readable by its owner only. */
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { KNOWN_OS } from "./guest.ts";
import { newIntel, type MadeUpIntel } from "./intel.ts";
import { caSpkiSha256Of, k256Of, newKms, type MadeUpKms } from "./kms.ts";

export type Authority = {
  readonly intel: MadeUpIntel;
  readonly kms: MadeUpKms;
  /** What lies `own-kms` and `own-env-key` use: an attacker's. */
  readonly foreign: MadeUpKms;
};

const issuer = z.object({ name: z.string(), key: z.string(), certificate: z.string() });
const kms = z.object({ root: z.string(), ca: issuer, secret: z.string() });
const schema = z.object({
  intel: z.object({
    root: issuer,
    platformCa: issuer,
    pck: issuer,
    tcbSigner: issuer,
    attestationKey: z.string(),
  }),
  kms,
  foreign: kms,
});

/** Of several processes that start at once, one makes it and all use it. */
export async function loadAuthority(stateDir: string): Promise<Authority> {
  const file = path.join(stateDir, "authority.json");
  const read = async (): Promise<Authority> =>
    schema.parse(JSON.parse(await readFile(file, "utf8")));
  return read().catch(async () => {
    const now = Date.now();
    const made: Authority = { intel: newIntel(now), kms: newKms(now), foreign: newKms(now) };
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const aside = `${file}.${randomBytes(4).toString("hex")}`;
    await writeFile(aside, JSON.stringify(made), { mode: 0o600, flag: "wx" });
    await link(aside, file).catch(() => undefined);
    await rm(aside);
    return read();
  });
}

/** What a run with `--sandbox` trusts instead of Intel and Phala: in the form of a trust file. */
export function sandboxTrust({ intel, kms: own }: Authority): unknown {
  const root = new X509Certificate(intel.root.certificate).raw;
  return {
    version: 1,
    intel_root_sha256: createHash("sha256").update(root).digest("hex"),
    tcb: { accept: ["SWHardeningNeeded", "UpToDate"], advisories: [], min_evaluation_number: 0 },
    kms: [{ name: "sandbox", k256: k256Of(own), ca_spki_sha256: caSpkiSha256Of(own) }],
    os: KNOWN_OS,
    pre_launch_scripts: [],
    app_compose_fields: [],
  };
}
