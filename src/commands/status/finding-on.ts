/** What `status` finds, as each of its findings is written down. */
import type { Words } from "../../core/command-hint.ts";
import type { Finding, Severity } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";

export type Found = Finding<StatusCode>;

type Make = (code: StatusCode, message: string, remedy?: Words) => Found;

/** Makers of findings about the CVM of that name; undefined: about none. */
export function findingOn(cvm: string | undefined): Readonly<Record<Severity, Make>> {
  const of =
    (severity: Severity): Make =>
    (code, message, remedy) => ({ code, severity, message, remedy, cvm });
  return { error: of("error"), warning: of("warning"), note: of("note") };
}
