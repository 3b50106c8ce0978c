/** A result as YAML. Loaded with `--output yaml` only. */
import { stringify } from "yaml";

/** Strings are double-quoted, so that no YAML parser reads them as numbers or dates. */
export function toYaml(value: unknown): string {
  return stringify(value, {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
