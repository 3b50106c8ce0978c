/** Collects the checks of an attestation. */
import {
  isMissingEvidence,
  Refusal,
  type AttestationCheck,
  type AttestationCheckId,
  type AttestationCode,
} from "../core/attestation.ts";

export class CheckList {
  readonly #checks: AttestationCheck[] = [];

  get checks(): readonly AttestationCheck[] {
    return this.#checks;
  }

  pass(id: AttestationCheckId, message: string): void {
    this.#checks.push({ id, result: "passed", code: null, message });
  }

  warn(id: AttestationCheckId, code: AttestationCode, message: string): void {
    this.#checks.push({ id, result: "warning", code, message });
  }

  /** Unverified or failed, depending on the code. */
  refuse(id: AttestationCheckId, code: AttestationCode, message: string): undefined {
    const result = isMissingEvidence(code) ? "unverified" : "failed";
    this.#checks.push({ id, result, code, message });
  }

  /** @returns what `check` returns; undefined if it refuses */
  attempt<T>(
    id: AttestationCheckId,
    check: () => T,
    describe: (value: T) => string,
  ): T | undefined {
    try {
      const value = check();
      this.pass(id, describe(value));
      return value;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.refuse(id, error.code, error.message);
    }
  }
}
