/**
 * Code that runs in the cluster's CVMs besides the compose files. The first pre-launch script of a new cluster is
 * trusted with `auto`, as SSH does with host keys; another one, of the registry or a runner, must be pinned.
 */
import { sha256Hex, type AppCompose } from "../core/compose-hash.ts";
import { againWith, hint, phala } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { ScriptTrust } from "../state/history.ts";
import { findUntrustedCode, type Untrusted } from "../trust/runs-code.ts";
import type { Trust } from "../trust/trust-file.ts";
import type { StepContext } from "../workflow/step.ts";

export type TrustedScriptsOptions = {
  readonly mode: "auto" | "require";
  readonly trust: Trust;
  /** SHA-256, of `--trust-script`. */
  readonly flags: readonly string[];
  /** SHA-256 of those that CVMs of this cluster had before. */
  readonly before: ReadonlySet<string>;
};

export class TrustedScripts {
  readonly #options: TrustedScriptsOptions;
  readonly #digests: Set<string>;
  readonly #trusted: ScriptTrust[] = [];

  constructor(options: TrustedScriptsOptions) {
    this.#options = options;
    // With `require` only what is pinned counts.
    this.#digests = new Set(options.mode === "auto" ? options.before : []);
  }

  get digests(): ReadonlySet<string> {
    return this.#digests;
  }

  /** Which script was trusted in this run, and why. */
  get trusted(): readonly ScriptTrust[] {
    return this.#trusted;
  }

  /** Where scripts are pinned, no other is trusted. */
  get mayTrustFirst(): boolean {
    const { mode, trust } = this.#options;
    return mode === "auto" && this.#digests.size === 0 && trust.pre_launch_scripts.length === 0;
  }

  /**
   * @param mayBeFirst Whether a script may be trusted because it is the first: not that of a CVM which was there already.
   * @throws ClusterError `attest-compose` (verification).
   */
  assertTrusted(
    appCompose: AppCompose,
    name: string,
    context: Pick<StepContext, "detail">,
    mayBeFirst = true,
  ): void {
    const { script, fields } = findUntrustedCode(appCompose, this.#options.trust, this.#digests);
    const [field] = fields;
    if (field)
      throw new ClusterError("verification", "attest-compose", {
        message: `${name} has ${field.field} in its app-compose, which may run code and is not pinned (sha256 ${field.sha256})`,
        hint: `nothing was approved or sent; if it is right, pin it under app_compose_fields in tee-cluster.trust.json`,
      });
    if (script && !(mayBeFirst && this.mayTrustFirst)) throw this.#anotherScript(name, script);
    if (!appCompose.pre_launch_script) return;
    const sha256 = sha256Hex(appCompose.pre_launch_script);
    const why = this.#whyOf(sha256);
    if (why === "first-use")
      context.detail(`the pre-launch script of ${name}:\n${script?.text ?? ""}`);
    if (!this.#trusted.some((one) => one.sha256 === sha256))
      this.#trusted.push({ sha256, of: name, why });
    this.#digests.add(sha256);
  }

  #whyOf(sha256: string): ScriptTrust["why"] {
    const { flags, trust } = this.#options;
    if (flags.includes(sha256)) return "trust-script";
    if (trust.pre_launch_scripts.some((pin) => pin.sha256 === sha256)) return "pinned";
    return this.#digests.has(sha256) ? "trusted-before" : "first-use";
  }

  #anotherScript(name: string, { sha256 }: Untrusted): ClusterError {
    const pins = this.#options.trust.pre_launch_scripts.map((pin) => pin.sha256);
    const known = [...new Set([...this.#digests, ...pins])];
    return new ClusterError("verification", "attest-compose", {
      message: `the pre-launch script of ${name} has the SHA-256 ${sha256}; trusted: ${known.join(", ") || "none"}`,
      hint: hint`nothing was approved or sent; read it with ${phala("cvms", "get", name, "--json")}; if it is right, ${againWith("--trust-script", sha256)}`,
    });
  }
}
