import type { Words } from "../../core/command-hint.ts";
import type { StatusFinding } from "./result.ts";

type Make = (code: StatusFinding["code"], message: string, remedy?: Words) => StatusFinding;

/** Makers of findings about the CVM of that name; undefined: about none. */
export function findingOn(cvm?: string): Readonly<Record<StatusFinding["severity"], Make>> {
  const of =
    (severity: StatusFinding["severity"]): Make =>
    (code, message, remedy) => ({
      code,
      severity,
      message,
      remedy: remedy ?? null,
      cvm: cvm ?? null,
    });
  return { error: of("error"), warning: of("warning"), note: of("note") };
}
