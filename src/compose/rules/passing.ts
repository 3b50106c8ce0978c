/** How a variable gets to the spawntee service, and what is wrong where it does not. */
import type { Severity } from "../../core/finding.ts";
import type { ComposeFinding, FindingCode } from "../catalogue.ts";
import { resolveCompose, valueIn, type EnvironmentEntry, type Service } from "../services.ts";
import { at, leavesOf } from "../tree.ts";
import { found, inService, spawnteeService, type RuleContext } from "./context.ts";

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

/** Nothing where the variable arrives as it is. */
export function passing(
  context: RuleContext,
  name: string,
  expected: Expected,
): readonly ComposeFinding[] {
  const lookup = (it: string): string | undefined => (it === name ? PROBE : context.lookup(it));
  const { services } = resolveCompose(context.compose.root, lookup);
  const spawntee = spawnteeService(services, context.settings.spawnteePort);
  const receivers = spawntee ? [spawntee] : services;
  if (receivers.some((service) => valueIn(service, name) === PROBE || isArgument(service)))
    return [];
  const entry = spawntee?.environment.findLast((it) => it.name === name);
  // Quotes of any entry have a finding of their own.
  if (entry && carriesProbe(entry) && isQuoted(entry.value)) return [];
  const astray = spawntee && goneAstray(context, name, { spawntee, services, expected });
  if (astray) return [astray];
  const place = spawntee ? inService(spawntee, entry?.line) : {};
  const message = entry
    ? `the value is not that of \${${name}}: ${expected.why}`
    : `the service does not get \${${name}}: ${expected.why}`;
  return [
    found(context, expected.code, expected.severity, place, { message, remedy: remedyFor(name) }),
  ];
}

const remedyFor = (name: string): string =>
  `write in the spawntee service's environment: ${name}=\${${name}}`;

type Receivers = {
  readonly spawntee: Service;
  readonly services: readonly Service[];
  readonly expected: Expected;
};

/** The variable goes somewhere: under a misspelt name, or to another service. */
function goneAstray(
  context: RuleContext,
  name: string,
  { spawntee, services, expected }: Receivers,
): ComposeFinding | undefined {
  const severity = expected.severity === "note" ? "warning" : expected.severity;
  const misspelt = spawntee.environment.find(
    (it) => carriesProbe(it) && it.name !== name && isSimilar(it.name, name),
  );
  if (misspelt) {
    const message = `spawntee reads ${name}, not ${misspelt.name}: ${expected.why}`;
    const place = inService(spawntee, misspelt.line);
    return found(context, "variable-misspelt", severity, place, {
      message,
      remedy: remedyFor(name),
    });
  }
  const other = services.find(
    (it) => it.name !== spawntee.name && it.environment.some(carriesProbe),
  );
  if (other === undefined) return undefined;
  const place = inService(other, other.environment.find(carriesProbe)?.line);
  const message = `${name} reaches this service and not ${spawntee.name}, which runs spawntee: ${expected.why}`;
  return found(context, "variable-in-other-service", severity, place, {
    message,
    remedy: remedyFor(name),
  });
}

/** Whether the probe is given on the command line instead. */
function isArgument({ node }: Service): boolean {
  return ["command", "entrypoint"].some((key) => {
    const tree = at(node, key);
    return (
      tree !== undefined && leavesOf(tree).some((leaf) => String(leaf.node.value).includes(PROBE))
    );
  });
}

/** Same letters but for a few: a slip of the hand, not another name. */
function isSimilar(a: string, b: string): boolean {
  const [left, right] = [letterPairs(a.toUpperCase()), letterPairs(b)];
  const common = [...left].filter((pair) => right.has(pair)).length;
  return (2 * common) / (left.size + right.size) > 0.7;
}

const letterPairs = (text: string): ReadonlySet<string> =>
  new Set(Array.from({ length: text.length - 1 }, (_, index) => text.slice(index, index + 2)));
