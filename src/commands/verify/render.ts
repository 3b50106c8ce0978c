/** Renders `verify`: a line per check, the measurements, and who has to be trusted. */
import type { Rendered } from "../../core/command-hint.ts";
import {
  fields,
  marks,
  paragraph,
  table,
  type Field,
  type Row,
  type View,
} from "../../output/layout.ts";
import type { AttestationCheck } from "../../core/attestation.ts";
import { wrap } from "../../lib/text.ts";
import type { VerifyResult } from "./result.ts";

const HEADLINES = {
  verified: "Attestation: verified",
  partly: "Attestation: partly verified",
  none: "Attestation: not verified",
} as const;

export function renderVerify(result: Rendered<VerifyResult>, view: View): string[] {
  const { theme, quiet, columns } = view;
  const { attestation, trusted, saved, error } = result;
  const { checks } = attestation;
  const shown = quiet ? checks.filter(({ result: outcome }) => outcome !== "passed") : checks;
  const width = Math.max(0, ...shown.map(({ id }) => id.length));
  const lines = table(
    shown.map((check) => rowOf(check, width, view)),
    view,
  );
  if (quiet) return lines;
  const paint = { verified: theme.green, partly: theme.yellow, none: theme.red }[
    attestation.result
  ];
  return [
    paint(HEADLINES[attestation.result]),
    ...lines,
    "",
    ...fields(theme, factsOf(result)),
    ...(trusted.length === 0 ? [] : ["", theme.bold("Trusted in the end:")]),
    ...trusted.map((who) => `  ${who}`),
    ...saved.map((file) => `Saved ${file}`),
    ...(error === null ? [] : ["", ...wrap(error.message, columns).map((line) => theme.red(line))]),
    ...(error?.hint == null ? [] : paragraph(error.hint, view)),
  ];
}

function rowOf(
  { id, result, code, message }: AttestationCheck,
  width: number,
  { theme }: View,
): Row {
  const [mark, paint] = marks(theme)[result];
  return {
    cells: [mark, id.padEnd(width)],
    text: code === null ? message : `${message} [${code}]`,
    paint,
  };
}

function factsOf({ registry, at, attestation, trust_file: trustFile }: VerifyResult): Field[] {
  const { facts } = attestation;
  const head: Field[] = [
    ["Registry", registry && `${registry.name}, app_id ${registry.app_id}`],
    ["Verified for", at],
    ["Trust", trustFile ?? "built in"],
  ];
  if (!facts) return head;
  const { registers, advisories } = facts;
  return [
    ...head,
    ["TCB", `${facts.tcb_status}, evaluation ${facts.tcb_evaluation_number}, FMSPC ${facts.fmspc}`],
    ["Advisories", advisories.length === 0 ? "none" : advisories],
    ["Collateral", `expires ${facts.collateral_expires}`],
    ["OS image", facts.os_image ?? "unknown"],
    ["KMS", facts.kms ?? "unknown"],
    ["App", facts.app_id ?? "not measured"],
    ["Compose hash", facts.compose_hash ?? "not measured"],
    ...Object.entries(registers).map(([name, value]): Field => [name.toUpperCase(), value]),
  ];
}
