/** Which variables hold secrets, and texts without them. Pure. */

/** By how a name ends: `TOKEN_FILE` and `SECRET_NAME` are none. */
const SECRET =
  /(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|PRIVATE_KEY|API_?KEY|ACCESS_KEY(?:_ID)?|SECRET_KEY)$/;

export const isSecretName = (name: string): boolean => SECRET.test(name.toUpperCase());

/** A line of a compose file in which the values and defaults of secrets are replaced by `…`. */
export function maskSecrets(line: string): string {
  return line
    .replaceAll(/\$\{(\w+)(:?[-+])[^}]*\}/g, (whole, name: string, operator: string) =>
      isSecretName(name) ? `\${${name}${operator}…}` : whole,
    )
    .replaceAll(
      /\b(\w+)(["']?\s*[:=]\s*)([^\s,}\]].*)$/g,
      (whole, name: string, sign: string, value: string) =>
        isSecretName(name) && !/^["']?\$\{?\w+(?::?[-+]…?)?\}?["']?$/.test(value)
          ? `${name}${sign}…`
          : whole,
    )
    .replaceAll(/:\/\/[^\s/@]+:[^\s/@]+@/g, "://…@")
    .replaceAll(/\b(A[KS]IA)[A-Z0-9]{12,}/g, "$1…");
}

/** Whether a text has a secret in it, by the names of its variables and the form of its values. */
export function holdsSecret(text: string): boolean {
  return text.split("\n").some((line) => {
    // Without a comment behind it, and defaults and values that are empty.
    const bare = line
      .replace(/(\S)\s+#.*$/, "$1")
      .replaceAll(/\$\{(\w+):?[-+]\}/g, "$${$1}")
      .replace(/["']{2}\s*$/, "");
    return maskSecrets(bare) !== bare;
  });
}
