/** What makes a text no YAML, for people. */
import type { YAMLError } from "yaml";

/** By the parser's error codes: what its own messages say is for those who know its grammar. */
export function yamlErrorInWords({ code, message }: YAMLError): string {
  return SYNTAX[code] ?? `is wrong (${message.split("\n")[0] ?? code})`;
}

const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "has an alias (*name) with an anchor or a tag",
  BAD_ALIAS: "has an alias (*name) without its anchor (&name)",
  BAD_INDENT: "is not indented consistently, or has a bracket that is not closed",
  BAD_PROP_ORDER: "has an anchor or tag in the wrong place",
  BLOCK_AS_IMPLICIT_KEY: "has a second colon in a line; quote the value",
  BLOCK_IN_FLOW: "has a block inside of brackets; is a bracket not closed?",
  DUPLICATE_KEY: "has the same key twice in one place",
  MISSING_CHAR: "lacks a closing quote or bracket, a colon or a comma",
  MULTIPLE_DOCS: "has more than one YAML document (---)",
  TAB_AS_INDENT: "is indented with a tab; use blanks",
  UNEXPECTED_TOKEN: "has something in this place that YAML does not allow there",
};
