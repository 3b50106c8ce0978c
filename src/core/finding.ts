/** A finding in a compose file, by `doctor`, `status` or step 1. */
import type { Words } from "./command-hint.ts";

/** `error`: the cluster can't work or is unsafe. `warning`: fatal with `--strict`. `note`: never a failure. */
export type Severity = "error" | "warning" | "note";

export type Finding<Code extends string = string> = {
  /** Stable, kebab-case: `doctor --ignore` takes it. */
  readonly code: Code;
  readonly severity: Severity;
  /** The problem and its consequence. Never a value that may be a secret. */
  readonly message: string;
  /** The path as the operator gave it. */
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  /** The service of a compose file. */
  readonly service?: string | undefined;
  /** The offending text, with secrets redacted. */
  readonly text?: string | undefined;
  /** The name of the affected CVM. */
  readonly cvm?: string | undefined;
  /** How to fix it, as a command where there is one. */
  readonly remedy?: Words | undefined;
};

/** `registry.yml:12: service spawntee: "build: .": only the text of this file reaches the CVM`. */
export function describeFinding({ file, line, service, text, message }: Finding): string {
  return [
    file && (line === undefined ? file : `${file}:${line}`),
    service && `service ${service}`,
    text && `\`${text}\``,
    message,
  ]
    .filter(Boolean)
    .join(": ");
}

const ORDER: readonly Severity[] = ["error", "warning", "note"];

/** Errors first, then warnings, then notes; otherwise in the order given. */
export function bySeverity<F extends Pick<Finding, "severity">>(
  findings: readonly F[],
): readonly F[] {
  return findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
