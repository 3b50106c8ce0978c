/** The tables of docs/json.md, from the JSON Schemas of the results. */
import { z } from "zod";
import { markdownTable } from "./blocks.ts";

/** A field with more values than these is described in words. */
const MOST_VALUES = 6;

/** Of a part that many documents have and whose fields are told once. */
const ELSEWHERE = /^see \[/;

type Node = z.core.JSONSchema.BaseSchema;
type Row = readonly [field: string, type: string, meaning: string];

/** One row per field, nested ones below their parent: `steps[].status`. */
export function fieldTable(schema: z.ZodType): string {
  const rows = rowsOf(z.toJSONSchema(schema, { io: "input" }), "");
  return markdownTable(["field", "type", "meaning"], rows);
}

function rowsOf(node: Node, prefix: string): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    if (typeof child === "boolean") return [];
    const { node: inner, isList } = unwrapped(child);
    const optional = node.required?.includes(name) ? "" : ", optional";
    const path = `${prefix}${name}${isList ? "[]" : ""}`;
    const own: Row = [`\`${path}\``, `${typeOf(child)}${optional}`, child.description ?? ""];
    const nested = ELSEWHERE.test(child.description ?? "") ? [] : rowsOf(inner, `${path}.`);
    // What only groups fields needs no row of its own.
    const groups =
      nested.length > 0 && own[2] === "" && typeOf(child) === "object" && optional === "";
    return groups ? nested : [own, ...nested];
  });
}

/** The object within lists and alternatives with null. */
function unwrapped(node: Node): { readonly node: Node; readonly isList: boolean } {
  const { items } = node;
  if (
    node.type === "array" &&
    items !== undefined &&
    typeof items === "object" &&
    !Array.isArray(items)
  )
    return { node: unwrapped(items).node, isList: true };
  const alternatives = (node.anyOf ?? []).filter((part): part is Node => part.type !== "null");
  return alternatives.length === 1 && alternatives[0]
    ? unwrapped(alternatives[0])
    : { node, isList: false };
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum && node.enum.length <= MOST_VALUES)
    return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (node.anyOf) return node.anyOf.map((part) => typeOf(part)).join(" or ");
  if (Array.isArray(node.type)) return node.type.join(" or ");
  const { items } = node;
  if (
    node.type === "array" &&
    items !== undefined &&
    typeof items === "object" &&
    !Array.isArray(items)
  ) {
    const type = typeOf(items);
    return type.includes(" ") ? `list of (${type})` : `list of ${type}`;
  }
  return node.type ?? "any";
}
