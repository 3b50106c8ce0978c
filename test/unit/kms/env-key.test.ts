import { verifyEnvEncryptPublicKey, verifyEnvEncryptPublicKeyLegacy } from "@phala/dstack-sdk";
import { describe, expect, it } from "vitest";
import { verifyEnvKey } from "../../../src/kms/env-key.ts";
import {
  deriveAppKeys,
  k256Of,
  newKms,
  signEnvKey,
} from "../../../src/sandbox/attestation/authority.ts";
import { BUILT_IN_TRUST } from "../../../src/trust/read-trust.ts";
import { thrownBy } from "../../helpers/made-up-tee.ts";

const KMS = newKms(Date.now());
const TRUSTED = [{ name: "ours", k256: k256Of(KMS) }];
const APP = "ab".repeat(20);
const { publicKey } = deriveAppKeys(KMS, APP);
const signature = signEnvKey(KMS, APP, publicKey);

describe("an environment key", () => {
  it("signed by a trusted root is accepted in both forms, as dstack's own SDK has it", () => {
    expect(verifyEnvKey({ appId: APP, publicKey, signature }, TRUSTED)).toBe("ours");
    const timestamp = Math.floor(Date.now() / 1000);
    const timed = signEnvKey(KMS, APP, publicKey, timestamp);
    expect(verifyEnvKey({ appId: APP, publicKey, signature: timed, timestamp }, TRUSTED)).toBe(
      "ours",
    );
    const bytes = [publicKey, signature, timed].map((hex) =>
      Uint8Array.from(Buffer.from(hex, "hex")),
    );
    const [key = new Uint8Array(), older = new Uint8Array(), newer = new Uint8Array()] = bytes;
    expect(verifyEnvEncryptPublicKeyLegacy(key, older, APP)).toBe(`0x${k256Of(KMS)}`);
    expect(verifyEnvEncryptPublicKey(key, newer, APP, timestamp)).toBe(`0x${k256Of(KMS)}`);
  });

  it("is accepted with a prefix and with a recovery bit of 27 or 28", () => {
    const bit = Number.parseInt(signature.slice(128), 16) + 27;
    const other = `0x${signature.slice(0, 128)}${bit.toString(16)}`;
    expect(
      verifyEnvKey({ appId: APP, publicKey: `0x${publicKey}`, signature: other }, TRUSTED),
    ).toBe("ours");
  });

  it("signed by another root, for another app, for another key, or for another time is refused", () => {
    const foreign = newKms(Date.now());
    const attempts = [
      { appId: APP, publicKey, signature: signEnvKey(foreign, APP, publicKey) },
      { appId: "cd".repeat(20), publicKey, signature },
      { appId: APP, publicKey: deriveAppKeys(foreign, APP).publicKey, signature },
      { appId: APP, publicKey, signature, timestamp: 1_770_000_000 },
    ];
    for (const attempt of attempts)
      expect(thrownBy(() => verifyEnvKey(attempt, TRUSTED))).toMatch(/^env-key-substituted\//);
    expect(
      thrownBy(() => verifyEnvKey({ appId: APP, publicKey, signature }, BUILT_IN_TRUST.kms)),
    ).toMatch(/^env-key-substituted\//);
  });

  it.each([undefined, "", "00", `${signature}00`])("with the signature %s is unsigned", (given) => {
    const key = { appId: APP, publicKey, signature: given };
    expect(thrownBy(() => verifyEnvKey(key, TRUSTED))).toBe("env-key-unsigned/unsigned");
  });

  it("is refused with any one bit of its signature flipped", () => {
    const bytes = Buffer.from(signature, "hex");
    for (const at of bytes.keys()) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const key = { appId: APP, publicKey, signature: flipped.toString("hex") };
      expect(thrownBy(() => verifyEnvKey(key, TRUSTED))).toMatch(/^env-key-substituted\//);
    }
  });
});
