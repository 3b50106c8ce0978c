/** Secrets that stand in a compose file. Whoever can read the CVM's app-compose can read them. Pure. */
import type { ComposeFile } from "./compose-file.ts";
import type { Finding } from "./finding.ts";

/** By how a name ends: `TOKEN_FILE` and `SECRET_NAME` are none. */
const SECRET =
  /(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|PRIVATE_KEY|API_?KEY|ACCESS_KEY(?:_ID)?|SECRET_KEY)$/;

const isSecret = (name: string): boolean => SECRET.test(name.toUpperCase());

/** Findings name the variable, never its text: it may be a real secret. */
export function lintSecrets(compose: ComposeFile): readonly Finding[] {
  return [...secretDefaults(compose), ...writtenIn(compose)];
}

function secretDefaults(compose: ComposeFile): readonly Finding[] {
  return compose.placeholders
    .filter(({ name, hasDefault }) => isSecret(name) && hasDefault)
    .map(({ name }) => ({
      id: "secret-default",
      severity: "warning",
      message: `\${${name}} in ${compose.path} has a default: a secret in a compose file is readable to everybody who can read the CVM's app-compose`,
      remedy: `write \${${name}} without a default, and renew that secret if it is a real one`,
    }));
}

function writtenIn(compose: ComposeFile): readonly Finding[] {
  const names = compose.services.flatMap(({ environment }) =>
    Object.entries(environment).flatMap(([name, value]) =>
      isSecret(name) && isWritten(value) ? [name] : [],
    ),
  );
  return [...new Set(names)].map((name) => ({
    id: "secret-written-in",
    severity: "warning",
    message: `${name} is written into ${compose.path}: a secret in a compose file is readable to everybody who can read the CVM's app-compose`,
    remedy: `write ${name}=\${${name}}, and renew that secret if it is a real one`,
  }));
}

/** A text that is there whatever the environment is; paths and switches are no secrets. */
function isWritten(value: string): boolean {
  const literal = value.replaceAll("$$", "").trim();
  return literal !== "" && !literal.includes("$") && !/^(?:\.{0,2}\/|(?:true|false|0|1)$)/i.test(literal);
}
