/** A result as YAML. Loaded with `--output yaml` only. */
import { stringify } from "yaml";

/** Strings are between double quotes: what looks like a number or a date stays a string, for every reader of YAML. */
export function toYaml(value: unknown): string {
  return stringify(value, {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
