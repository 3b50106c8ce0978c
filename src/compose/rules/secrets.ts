/** Secrets in a compose file. Whoever can read the CVM's app-compose can read them. */
import type { ComposeFinding } from "../catalogue.ts";
import { APPROVED_LIST, isSecretName } from "../environment.ts";
import { valueIn } from "../services.ts";
import { found, inService, placeOf, type RuleContext } from "./context.ts";

const READABLE =
  "a secret in a compose file is readable to anyone who can read the CVM's app-compose";

/** Findings name the variable, never its text: it may be a real secret. */
export function secretFindings(context: RuleContext): readonly ComposeFinding[] {
  return [...secretDefaults(context), ...writtenIn(context), ...approvedByDefault(context)];
}

function secretDefaults(context: RuleContext): readonly ComposeFinding[] {
  return context.compose.placeholders
    .filter(({ name, hasDefault }) => isSecretName(name) && hasDefault)
    .map(({ name }) =>
      found(context, "secret-default", "error", placeOf(context, name), {
        message: `\${${name}} has a default: ${READABLE}`,
        remedy: `write \${${name}} without a default, and replace that secret if it is a real one`,
      }),
    );
}

function writtenIn(context: RuleContext): readonly ComposeFinding[] {
  // With nothing set: what is there then is written in.
  return context.compose.services.flatMap((service) =>
    service.environment
      .filter(
        ({ name, value }) => isSecretName(name) && isWritten(value) && !hasDefault(context, name),
      )
      .map(({ name, line }) =>
        found(context, "secret-written-in", "warning", inService(service, line), {
          message: `${name} is written into the file: ${READABLE}`,
          remedy: `write ${name}=\${${name}}, and replace that secret if it is a real one`,
        }),
      ),
  );
}

const hasDefault = ({ compose }: RuleContext, name: string): boolean =>
  compose.placeholders.some((it) => it.name === name && it.hasDefault);

/** Paths and switches are no secrets. */
function isWritten(value: string): boolean {
  const text = value.trim().replace(/^(["'])(.*)\1$/, "$2");
  return text !== "" && !/^(?:\.{0,2}\/|(?:true|false|0|1)$)/i.test(text);
}

/** The list is empty until step 8: whatever stands in its place is approved unseen. */
function approvedByDefault(context: RuleContext): readonly ComposeFinding[] {
  if (context.role !== "registry") return [];
  const filled = context.resolved.services.find(
    (it) => (valueIn(it, APPROVED_LIST) ?? "").trim() !== "",
  );
  const hasText = context.compose.placeholders.some(
    (it) => it.name === APPROVED_LIST && it.hasDefault,
  );
  if (filled === undefined && !hasText) return [];
  const line = filled?.environment.findLast(({ name }) => name === APPROVED_LIST)?.line;
  return [
    found(
      context,
      "approved-hash-default",
      "error",
      filled ? inService(filled, line) : placeOf(context, APPROVED_LIST),
      {
        message:
          "while nothing is approved, the registry would give the models' keys to any runner with the hash that this text names (fail-open)",
        remedy: `write ${APPROVED_LIST}=\${${APPROVED_LIST}:-}`,
      },
    ),
  ];
}
