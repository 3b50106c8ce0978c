/** Whether the variables that `tee-cluster` and the orchestrator set reach spawntee unchanged. */
import {
  APPROVED_LIST,
  REGISTRY_NAMES,
  runnerEnvironmentNamesOf,
  WALLET,
  isSecretName,
} from "../environment.ts";
import type { EnvironmentEntry, Service } from "../services.ts";
import { inService, placeOf, type Problem, type RuleContext } from "./context.ts";
import { isQuoted, passing } from "./passing.ts";

/** Without these a registry can't read the models, or never approves a runner, or a runner finds no registry. */
const NEEDS = {
  registry: {
    AWS_ACCESS_KEY_ID: "the registry reads the encrypted models from S3 with it",
    AWS_SECRET_ACCESS_KEY: "the registry reads the encrypted models from S3 with it",
    [APPROVED_LIST]: "without it the registry refuses every runner",
  },
  runner: { REGISTRY_URL: "a runner gets the models' keys from there" },
} as const;

const WALLET_NEEDED =
  "without it the registry takes no list from the orchestrator, which then deletes each runner that it creates";

export function variables(context: RuleContext): readonly Problem[] {
  return [
    ...needed(context),
    ...wallet(context),
    ...optional(context),
    ...context.resolved.services.flatMap((service) => listEntries(service, context)),
    ...requiredButEmpty(context),
    ...notSet(context),
    ...mode(context),
  ];
}

const namesSet = ({ role, settings }: RuleContext): readonly string[] =>
  role === "registry"
    ? [...REGISTRY_NAMES, ...(settings.registryEnv ?? []).map(({ name }) => name)]
    : runnerEnvironmentNamesOf(settings);

function needed(context: RuleContext): readonly Problem[] {
  return Object.entries<string>(NEEDS[context.role]).flatMap(([name, why]) =>
    passing(context, name, { code: "placeholder-missing", severity: "error", why }),
  );
}

function wallet(context: RuleContext): readonly Problem[] {
  if (context.settings.orchestratorSchema !== "v2") return [];
  const expected = { code: "wallet-not-passed", severity: "error", why: WALLET_NEEDED } as const;
  return passing(context, WALLET, expected);
}

/** Settings of ours that a registry may do without: reported, because giving them then changes nothing. */
const OPTIONAL_SETTINGS = {
  AWS_REGION: "--aws-region",
  CAPACITY_THRESHOLD: "--capacity-threshold",
} as const;

function optional(context: RuleContext): readonly Problem[] {
  const code = "name-not-read";
  if (context.role === "registry")
    return Object.entries(OPTIONAL_SETTINGS).flatMap(([name, flag]) => {
      const why = `${flag} has no effect on the registry`;
      return passing(context, name, { code, severity: "note", why });
    });
  const why = "the orchestrator gives it to its runners, and it has no effect";
  return runnerEnvironmentNamesOf(context.settings)
    .filter((name) => name !== "REGISTRY_URL" && name !== WALLET)
    .flatMap((name) => passing(context, name, { code, severity: "warning", why }));
}

/** Slips in an environment written as a list. */
function listEntries(service: Service, context: RuleContext): readonly Problem[] {
  const known = new Set(["MODE", ...namesSet(context)]);
  return service.environment.flatMap((entry, index) => {
    const severity = known.has(entry.name.trim()) ? "error" : "warning";
    const later = service.environment.slice(index + 1).findLast(({ name }) => name === entry.name);
    return slipsOf(entry, later, severity).map((slip) => ({
      ...slip,
      ...inService(service, entry.line),
    }));
  });
}

/** @param later the last entry of the same name behind it. */
function slipsOf(
  { name, value }: EnvironmentEntry,
  later: EnvironmentEntry | undefined,
  severity: "error" | "warning",
): readonly Problem[] {
  if (/^\s|\s$/.test(name)) {
    const message = `docker compose refuses a blank in the variable's name ${JSON.stringify(name)}`;
    const remedy = `write ${name.trim()}=… without the blank`;
    return [{ code: "variable-malformed", message, remedy }];
  }
  const slips: Problem[] = [];
  if (isQuoted(value)) {
    const message = `the quotes are part of the value that ${name} gets`;
    const remedy = `write the value without them, or quote the whole entry: - "${name}=…"`;
    slips.push({ code: "value-quoted", severity, message, remedy });
  }
  if (later) {
    const counts = later.value === value ? "warning" : severity;
    const message = `${name} occurs again further down, and the last one counts`;
    slips.push({ code: "variable-twice", severity: counts, message, remedy: "keep one of them" });
  }
  return slips;
}

/** `${NAME:?}` of a variable that is set, and still empty at the first deployment. */
function requiredButEmpty(context: RuleContext): readonly Problem[] {
  const { missing } = context.resolved;
  return missing
    .filter(({ name }, index) => missing.findIndex((it) => it.name === name) === index)
    .filter(({ name }) => context.lookup(name) === "")
    .map(({ name, line }) => ({
      code: "required-but-empty",
      ...placeOf(context, name),
      line,
      message: `${name} is empty when step 3 deploys the registry, and docker compose then starts nothing`,
      remedy: `write \${${name}:-} or \${${name}}: an empty value is safe`,
    }));
}

/** Nothing stands for it and nothing sets it: docker compose puts an empty text there, or stops with `:?`. */
function notSet(context: RuleContext): readonly Problem[] {
  const { role, compose } = context;
  const set = namesSet(context);
  return compose.placeholders
    .filter(({ name, fallback }) => fallback === null && !set.includes(name))
    .map(({ name, required }) => ({
      code: "placeholder-not-set",
      severity: required ? "error" : "warning",
      ...placeOf(context, name),
      message: required
        ? `the file requires \${${name}}, and nothing sets it on a ${role}: its services would not start`
        : `\${${name}} has no default, and nothing sets it on a ${role}: it would be empty`,
      remedy: howToSet(context, name),
    }));
}

function howToSet({ role }: RuleContext, name: string): string {
  const withDefault = isSecretName(name)
    ? "take it out"
    : `give it a default, as in \${${name}:-value}`;
  return role === "registry"
    ? `pass it with --registry-env ${name}, or ${withDefault}`
    : `${withDefault}: the orchestrator gives its runners no further variables`;
}

/** Where the file says what spawntee is, it must say what this CVM is for. */
function mode({ spawntee, role }: RuleContext): readonly Problem[] {
  const entry = spawntee?.environment.findLast(({ name }) => name === "MODE");
  const wanted = role === "registry" ? "registry+runner" : "runner";
  if (!spawntee || !entry || entry.value === "" || entry.value === wanted) return [];
  // The quotes have a finding of their own.
  if (isQuoted(entry.value)) return [];
  const message = `a ${role} must run in the mode ${wanted}, and this is ${JSON.stringify(entry.value)}`;
  const remedy =
    role === "registry"
      ? "write MODE=${MODE:-registry+runner}, or give the registry's file with --registry-compose"
      : "write MODE=runner, or give the runners' file with --runner-compose";
  return [{ code: "mode-wrong", ...inService(spawntee, entry.line), message, remedy }];
}
