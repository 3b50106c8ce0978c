/** How a variable reaches the spawntee service, and what is wrong where it does not. */
import type { Severity } from "../../core/finding.ts";
import type { FindingCode } from "../catalogue.ts";
import { resolveCompose, valueIn, type EnvironmentEntry, type Service } from "../services.ts";
import {
  inService,
  spawnteeService,
  startedWith,
  type Problem,
  type RuleContext,
} from "./context.ts";

export type Expected = {
  /** What it is where the service does not get the variable at all. */
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly why: string;
};

/** A value that nobody writes by hand: where it turns up is where the variable goes. */
const PROBE = "tee-cluster-probe";

const carriesProbe = ({ value }: EnvironmentEntry): boolean => value.includes(PROBE);

/** Whether a value has quotes around it, which a list entry keeps. */
export const isQuoted = (value: string): boolean => /^(["']).*\1$/.test(value);

/** Nothing where the variable arrives as it is, also where it is given on the command line instead. */
export function passing(
  context: RuleContext,
  name: string,
  expected: Expected,
): readonly Problem[] {
  const lookup = (it: string): string | undefined => (it === name ? PROBE : context.lookup(it));
  const { services } = resolveCompose(context.compose.root, lookup);
  const spawntee = spawnteeService(services, context.settings.spawnteePort);
  const arrives = (service: Service): boolean =>
    valueIn(service, name) === PROBE || startedWith(service).some((text) => text.includes(PROBE));
  if ((spawntee ? [spawntee] : services).some(arrives)) return [];
  const entry = spawntee?.environment.findLast((it) => it.name === name);
  // Quotes of any entry have a finding of their own.
  if (entry && carriesProbe(entry) && isQuoted(entry.value)) return [];
  const remedy = `write in the spawntee service's environment: ${name}=\${${name}}`;
  const astray = spawntee && goneAstray(name, spawntee, services);
  if (astray) {
    const severity = expected.severity === "note" ? "warning" : expected.severity;
    return [{ ...astray, severity, message: `${astray.message}: ${expected.why}`, remedy }];
  }
  const { code, severity } = expected;
  const place = spawntee ? inService(spawntee, entry?.line) : {};
  const what = entry ? "the value is not that of" : "the service does not get";
  const message = `${what} \${${name}}: ${expected.why}`;
  return [{ code, severity, ...place, message, remedy }];
}

/** The variable goes somewhere: under a misspelt name, or to another service. */
function goneAstray(
  name: string,
  spawntee: Service,
  services: readonly Service[],
): Omit<Problem, "remedy"> | undefined {
  const misspelt = spawntee.environment.find(
    (it) => carriesProbe(it) && it.name !== name && isSimilar(it.name, name),
  );
  if (misspelt) {
    const place = inService(spawntee, misspelt.line);
    const message = `spawntee reads ${name}, not ${misspelt.name}`;
    return { code: "variable-misspelt", ...place, message };
  }
  const other = services.find(
    (it) => it.name !== spawntee.name && it.environment.some(carriesProbe),
  );
  if (other === undefined) return undefined;
  const place = inService(other, other.environment.find(carriesProbe)?.line);
  const message = `${name} reaches this service and not ${spawntee.name}, which runs spawntee`;
  return { code: "variable-in-other-service", ...place, message };
}

/** Same letters but for a few: a slip of the hand, not another name. */
function isSimilar(a: string, b: string): boolean {
  const [left, right] = [letterPairs(a.toUpperCase()), letterPairs(b)];
  const common = [...left].filter((pair) => right.has(pair)).length;
  return (2 * common) / (left.size + right.size) > 0.7;
}

const letterPairs = (text: string): ReadonlySet<string> =>
  new Set(Array.from({ length: text.length - 1 }, (_, index) => text.slice(index, index + 2)));
