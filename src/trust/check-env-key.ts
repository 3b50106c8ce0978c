/** The gate's check of an app's environment key, on the very answer that the CLI seals with. */
import { command, hint } from "../core/command-hint.ts";
import {
  refuse,
  Refusal,
  type AttestationSources,
  type AttestMode,
  type SignedEnvKey,
} from "../core/attestation.ts";
import type { EnvKey } from "../core/ports.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { verifyEnvKey, type TrustedKms } from "../kms/env-key.ts";

export type EnvKeyCheck = {
  readonly mode: AttestMode;
  readonly trusted: readonly TrustedKms[];
  readonly sources: Pick<AttestationSources, "envKey">;
  readonly warn: (code: "env-key-unverified", message: string) => void;
};

/**
 * Throws before anything is sealed to a key that no trusted KMS has signed. Phala's own answers have no signature:
 * then the API's `/kms/.../pubkey` must show one, for this very key.
 * @returns the KMS's name; undefined if nothing was verified (`off`, or `auto` without evidence, with a warning)
 * @throws ClusterError (verification) `env-key-unsigned`, `env-key-substituted`; `env-key-unverified` with `require`
 */
export async function checkEnvKey(
  seen: EnvKey,
  { mode, trusted, sources, warn }: EnvKeyCheck,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (mode === "off") return undefined;
  try {
    if (seen.signature !== undefined) return verifyEnvKey(seen, trusted);
    const shown = await sources.envKey(seen.appId, signal);
    if (shown.kind === "unavailable") refuse("env-key-unverified", "unavailable", shown.reason);
    return verifyShown(seen, shown.value, trusted);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "env-key-unverified" && mode === "auto") {
      warn(error.code, error.message);
      return undefined;
    }
    throw new ClusterError("verification", error.code, {
      message: error.message,
      hint: hint`nothing was sent to it; what is trusted: ${command("trust show")}`,
    });
  }
}

/** The signed key and the one that the CLI gets must be the same. @throws Refusal */
function verifyShown(seen: EnvKey, shown: SignedEnvKey, trusted: readonly TrustedKms[]): string {
  const { appId } = seen;
  const kms = verifyEnvKey({ ...shown, appId }, trusted);
  if (bare(shown.publicKey) === bare(seen.publicKey)) return kms;
  const message = `the key that the CLI was given for app ${appId} is not the one that the KMS has signed`;
  return refuse("env-key-substituted", "another-key", message);
}

const bare = (hex: string): string => hex.replace(/^0x/, "").toLowerCase();
