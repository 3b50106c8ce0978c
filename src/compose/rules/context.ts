/** The input of the rules: a compose file as it runs at its first deployment. Pure. */
import type { Severity } from "../../core/finding.ts";
import type { ClusterSettings } from "../../core/settings.ts";
import { CATALOGUE, type ComposeFinding, type FindingCode } from "../catalogue.ts";
import type { ComposeFile } from "../compose-file.ts";
import { APPROVED_LIST, runnerEnvironmentNamesOf, WALLET, maskSecrets } from "../environment.ts";
import { placeholdersIn, type Lookup } from "../interpolation.ts";
import { covers } from "../ports.ts";
import { resolveCompose, type ResolvedCompose, type Service } from "../services.ts";
import { at, leavesOf } from "../tree.ts";

export type Role = "registry" | "runner";

/** What the rules need to know of a cluster. */
export type ComposeSettings = Pick<
  ClusterSettings,
  "spawnteePort" | "orchestratorSchema" | "coordinatorWallet"
> & {
  readonly cvmBaseDomain?: string | undefined;
  /** `--registry-env`: further names that the registry gets a value for. */
  readonly registryEnv?: readonly { readonly name: string; readonly value: string }[] | undefined;
  /** `--allow-debug-registry`. */
  readonly allowDebugRegistry?: boolean | undefined;
};

export type RuleContext = {
  readonly role: Role;
  readonly compose: ComposeFile;
  readonly settings: ComposeSettings;
  /** Values at the first deployment; undefined: nothing sets that variable. */
  readonly lookup: Lookup;
  readonly resolved: ResolvedCompose;
  /** The service that runs spawntee; undefined where that can't be told. */
  readonly spawntee: Service | undefined;
};

export function ruleContext(
  role: Role,
  compose: ComposeFile,
  settings: ComposeSettings,
): RuleContext {
  const values = role === "registry" ? registryValues(settings) : runnerValues(settings);
  const lookup: Lookup = (name) => values.get(name);
  const resolved = resolveCompose(compose.root, lookup);
  const spawntee = spawnteeService(resolved.services, settings.spawnteePort);
  return { role, compose, settings, lookup, resolved, spawntee };
}

/** Stands for a value that will be there and is not known, or not to be looked at. */
const SOME_VALUE = "tee-cluster-value";

/** Nothing is approved yet, and the node's domain is not known unless it is given. */
function registryValues(settings: ComposeSettings): ReadonlyMap<string, string> {
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "CAPACITY_THRESHOLD"];
  return new Map([
    ...names.map((name) => [name, SOME_VALUE] as const),
    [APPROVED_LIST, ""],
    ["CVM_BASE_DOMAIN", settings.cvmBaseDomain ?? ""],
    [WALLET, settings.coordinatorWallet ?? ""],
    ...(settings.registryEnv ?? []).map(({ name, value }) => [name, value] as const),
  ]);
}

function runnerValues(settings: ComposeSettings): ReadonlyMap<string, string> {
  return new Map(runnerEnvironmentNamesOf(settings).map((name) => [name, SOME_VALUE]));
}

/** Variables by which spawntee is known among several services. */
const SPAWNTEE_VARIABLES = new Set(["MODE", APPROVED_LIST, "REGISTRY_URL"]);

const onlyOne = (services: readonly Service[]): Service | undefined =>
  services.length === 1 ? services[0] : undefined;

/**
 * The service that runs spawntee: the one with its variables, else the one that publishes its port, else one with the
 * host's network, else the only one there is.
 */
export function spawnteeService(services: readonly Service[], port: number): Service | undefined {
  const publishes = (service: Service): boolean =>
    service.ports.some((entry) => covers(entry, port));
  const withMode = services.filter(({ environment }) =>
    environment.some(({ name }) => name === "MODE"),
  );
  const withVariables = services.filter(({ environment }) =>
    environment.some(({ name }) => SPAWNTEE_VARIABLES.has(name)),
  );
  return (
    onlyOne(withMode) ??
    (withMode.find(publishes) || services.find(publishes)) ??
    onlyOne(withVariables) ??
    onlyOne(services.filter(({ hostNetwork }) => hostNetwork)) ??
    onlyOne(services)
  );
}

/** The texts of a service's command line: `command` and `entrypoint`. */
export function startedWith({ node }: Service): readonly string[] {
  return ["command", "entrypoint"]
    .flatMap((key) => at(node, key) ?? [])
    .flatMap((tree) => leavesOf(tree).map((leaf) => String(leaf.node.value)));
}

/** Where something is, in the file that is looked at. */
export type Place = {
  readonly line?: number | undefined;
  readonly service?: string | undefined;
  /** Absent: the line's text. */
  readonly text?: string | undefined;
};

/** What a rule finds. */
export type Problem = Place & {
  readonly code: FindingCode;
  /** Absent: the one that the catalogue has for the code. */
  readonly severity?: Severity;
  readonly message: string;
  readonly remedy: string;
};

export function findingIn(compose: ComposeFile, problem: Problem): ComposeFinding {
  const { code, message, remedy, line, service } = problem;
  const { severity = CATALOGUE[code].severities[0] } = problem;
  const text = problem.text ?? (line === undefined ? undefined : lineText(compose.text, line));
  return { code, severity, message, remedy, file: compose.path, line, service, text };
}

/** A service's place: its own line, or the line of something in it. */
export const inService = (service: Service, line: number = service.line): Place => ({
  line,
  service: service.name,
  // That line says nothing but the name.
  text: line === service.line ? "" : undefined,
});

const CHARACTERS_SHOWN = 100;

function lineText(text: string, line: number): string {
  const masked = maskSecrets((text.split("\n")[line - 1] ?? "").trim());
  return masked.length > CHARACTERS_SHOWN ? `${masked.slice(0, CHARACTERS_SHOWN)}…` : masked;
}

/** Where a variable is first referred to. */
export function placeOf({ compose }: RuleContext, name: string): Place {
  const leaf = leavesOf(compose.root).find(
    ({ node }) =>
      typeof node.value === "string" &&
      (node.value === name || placeholdersIn(node.value).some((it) => it.name === name)),
  );
  const service = leaf?.path[0] === "services" ? leaf.path[1] : undefined;
  return { line: leaf?.node.line, service };
}
