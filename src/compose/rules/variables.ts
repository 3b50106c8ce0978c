/** Whether the variables that `tee-cluster` and the orchestrator set reach spawntee as what they are. */
import type { ComposeFinding } from "../catalogue.ts";
import {
  APPROVED_LIST,
  REGISTRY_NAMES,
  runnerEnvironmentNamesOf,
  WALLET,
  isSecretName,
} from "../environment.ts";
import { found, inService, placeOf, type RuleContext } from "./context.ts";
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

export function variableFindings(context: RuleContext): readonly ComposeFinding[] {
  return [
    ...needed(context),
    ...wallet(context),
    ...optional(context),
    ...listEntries(context),
    ...requiredButEmpty(context),
    ...notSet(context),
    ...mode(context),
  ];
}

const namesSet = ({ role, settings }: RuleContext): readonly string[] =>
  role === "registry"
    ? [...REGISTRY_NAMES, ...(settings.registryEnv ?? []).map(({ name }) => name)]
    : runnerEnvironmentNamesOf(settings);

function needed(context: RuleContext): readonly ComposeFinding[] {
  return Object.entries<string>(NEEDS[context.role]).flatMap(([name, why]) =>
    passing(context, name, { code: "placeholder-missing", severity: "error", why }),
  );
}

function wallet(context: RuleContext): readonly ComposeFinding[] {
  if (context.settings.orchestratorSchema !== "v2") return [];
  return passing(context, WALLET, {
    code: "wallet-not-passed",
    severity: "error",
    why: WALLET_NEEDED,
  });
}

/** Settings of ours that a registry may do without: reported, because giving them then changes nothing. */
const OPTIONAL_SETTINGS = {
  AWS_REGION: "--aws-region",
  CAPACITY_THRESHOLD: "--capacity-threshold",
} as const;

function optional(context: RuleContext): readonly ComposeFinding[] {
  if (context.role === "registry")
    return Object.entries(OPTIONAL_SETTINGS).flatMap(([name, flag]) =>
      passing(context, name, {
        code: "name-not-read",
        severity: "note",
        why: `${flag} has no effect on the registry`,
      }),
    );
  return runnerEnvironmentNamesOf(context.settings)
    .filter((name) => name !== "REGISTRY_URL" && name !== WALLET)
    .flatMap((name) =>
      passing(context, name, {
        code: "name-not-read",
        severity: "warning",
        why: "the orchestrator gives it to its runners, and it has no effect",
      }),
    );
}

/** Slips in an environment written as a list. */
function listEntries(context: RuleContext): readonly ComposeFinding[] {
  const known = new Set(["MODE", ...namesSet(context)]);
  return context.resolved.services.flatMap((service) =>
    service.environment.flatMap((entry, index) => {
      const { name, value, line } = entry;
      const severity = known.has(name.trim()) ? "error" : "warning";
      const place = inService(service, line);
      if (/^\s|\s$/.test(name)) {
        const message = `docker compose refuses a blank in the variable's name ${JSON.stringify(name)}`;
        return [
          found(context, "variable-malformed", "error", place, {
            message,
            remedy: `write ${name.trim()}=… without the blank`,
          }),
        ];
      }
      const quoted = isQuoted(value)
        ? [
            found(context, "value-quoted", severity, place, {
              message: `the quotes are part of the value that ${name} gets`,
              remedy: `write the value without them, or quote the whole entry: - "${name}=…"`,
            }),
          ]
        : [];
      const later = service.environment.findLast(
        (other, position) => position > index && other.name === name,
      );
      const twice = later
        ? [
            found(context, "variable-twice", later.value === value ? "warning" : severity, place, {
              message: `${name} occurs again further down, and the last one counts`,
              remedy: "keep one of them",
            }),
          ]
        : [];
      return [...quoted, ...twice];
    }),
  );
}

/** `${NAME:?}` of a variable that is set, and still empty at the first deployment. */
function requiredButEmpty(context: RuleContext): readonly ComposeFinding[] {
  return uniqueMissing(context)
    .filter(({ name }) => context.lookup(name) === "")
    .map(({ name, line }) =>
      found(
        context,
        "required-but-empty",
        "error",
        { ...placeOf(context, name), line },
        {
          message: `${name} is empty when step 3 deploys the registry, and docker compose then starts nothing`,
          remedy: `write \${${name}:-} or \${${name}}: an empty value is safe`,
        },
      ),
    );
}

function uniqueMissing({ resolved }: RuleContext): RuleContext["resolved"]["missing"] {
  return resolved.missing.filter(
    ({ name }, index, all) => all.findIndex((it) => it.name === name) === index,
  );
}

/** Nothing stands for it and nothing sets it: docker compose puts an empty text there, or stops with `:?`. */
function notSet(context: RuleContext): readonly ComposeFinding[] {
  const set = namesSet(context);
  return context.compose.placeholders
    .filter(({ name, fallback }) => fallback === null && !set.includes(name))
    .map(({ name, required }) => {
      const message = required
        ? `the file requires \${${name}}, and nothing sets it on a ${context.role}: its services would not start`
        : `\${${name}} has no default, and nothing sets it on a ${context.role}: it would be empty`;
      const severity = required ? "error" : "warning";
      const place = placeOf(context, name);
      return found(context, "placeholder-not-set", severity, place, {
        message,
        remedy: howToSet(context, name),
      });
    });
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
function mode(context: RuleContext): readonly ComposeFinding[] {
  const { spawntee, role } = context;
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
  return [
    found(context, "mode-wrong", "error", inService(spawntee, entry.line), { message, remedy }),
  ];
}
