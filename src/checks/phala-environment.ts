/** Environment variables that change what a `phala` does that inherits them. Values are not shown. Pure. */
import { failed, passed, type Outcome } from "./check.ts";

const OF_PHALA = /^(?:PHALA_CLOUD|DSTACK)_/;

type Surroundings = { readonly env: NodeJS.ProcessEnv; readonly apiUrl: string };

/** Of the variables that phala 1.1.18 reads, those that can send a deployment elsewhere; null: it does no harm. */
const KNOWN: Readonly<Record<string, (value: string, where: Surroundings) => string | null>> = {
  PHALA_CLOUD_API_PREFIX: (value, { apiUrl }) =>
    value.replace(/\/+$/, "") === `${apiUrl}/api/v1` ? null : `is another platform than ${apiUrl}`,
  PHALA_CLOUD_API_KEY: (value, { env }) =>
    (env["PHALA_API_KEY"] || value) === value
      ? null
      : "is another key than PHALA_API_KEY: CVMs of another account, maybe",
  PHALA_CLOUD_DIR: () => "is where phala takes a stored login from, which may be another account's",
};

/** What speaks for a `phala` started here doing something else than ours, one finding per variable. */
export function phalaEnvironmentFindings(
  env: NodeJS.ProcessEnv,
  apiUrl: string,
): readonly Outcome[] {
  const names = Object.keys(env).filter((name) => OF_PHALA.test(name) && env[name] !== "");
  const findings = names.toSorted().flatMap((name) => {
    const describe = KNOWN[name] ?? (() => "may change what phala, or its next version, deploys");
    const harm = describe(env[name] ?? "", { env, apiUrl });
    return harm === null
      ? []
      : [failed(`${name} ${harm}`, `unset ${name} where the orchestrator runs`)];
  });
  return findings.length > 0 ? findings : [passed("none that changes what it does")];
}
