/** Secrets in a compose file. Whoever can read the CVM's app-compose can read them. */
import { APPROVED_LIST, isSecretName } from "../environment.ts";
import { valueIn } from "../services.ts";
import { inService, placeOf, type Problem, type RuleContext } from "./context.ts";

const READABLE =
  "a secret in a compose file is readable to anyone who can read the CVM's app-compose";

/** They name the variable, never its text: it may be a real secret. */
export function secrets(context: RuleContext): readonly Problem[] {
  return [...secretDefaults(context), ...writtenIn(context), ...approvedByDefault(context)];
}

const secretDefaults = (context: RuleContext): readonly Problem[] =>
  context.compose.placeholders
    .filter(({ name, hasDefault }) => isSecretName(name) && hasDefault)
    .map(({ name }) => ({
      code: "secret-default",
      ...placeOf(context, name),
      message: `\${${name}} has a default: ${READABLE}`,
      remedy: `write \${${name}} without a default, and replace that secret if it is a real one`,
    }));

/** With nothing set: what is there then is written in. */
function writtenIn(context: RuleContext): readonly Problem[] {
  const isFound = ({ name, value }: { readonly name: string; readonly value: string }): boolean =>
    isSecretName(name) && isWritten(value) && !hasDefault(context, name);
  return context.compose.services.flatMap((service) =>
    service.environment.filter(isFound).map(({ name, line }): Problem => ({
      code: "secret-written-in",
      ...inService(service, line),
      message: `${name} is written into the file: ${READABLE}`,
      remedy: `write ${name}=\${${name}}, and replace that secret if it is a real one`,
    })),
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
function approvedByDefault(context: RuleContext): readonly Problem[] {
  if (context.role !== "registry") return [];
  const filled = context.resolved.services.find(
    (it) => (valueIn(it, APPROVED_LIST) ?? "").trim() !== "",
  );
  if (filled === undefined && !hasDefault(context, APPROVED_LIST)) return [];
  const line = filled?.environment.findLast(({ name }) => name === APPROVED_LIST)?.line;
  return [
    {
      code: "approved-hash-default",
      ...(filled ? inService(filled, line) : placeOf(context, APPROVED_LIST)),
      message:
        "while nothing is approved, the registry would give the models' keys to any runner with the hash that this text names (fail-open)",
      remedy: `write ${APPROVED_LIST}=\${${APPROVED_LIST}:-}`,
    },
  ];
}
