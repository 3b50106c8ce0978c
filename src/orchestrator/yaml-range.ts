/** Where the parts of a YAML text stand, so that an edit touches nothing else. Pure. */
import { isCollection, isPair, isScalar } from "yaml";

/** Where the last character of an entry's own content stands; comments and blank lines after it are not its. */
export function contentEnd(node: unknown): number {
  if (isPair(node)) return contentEnd(node.value ?? node.key);
  if (isCollection(node) && !node.flow) return contentEnd(node.items.at(-1));
  const [, end] = rangeOf(node);
  // A block scalar's range takes the line break behind it in.
  return isScalar(node) && node.type?.startsWith("BLOCK") ? end - 1 : end;
}

export const startOf = (node: unknown): number => rangeOf(node)[0];

/** Start and end of a node, and the end with the comments and blanks behind it. */
export type Range = readonly [start: number, end: number, nodeEnd: number];

/** Every node of a parsed text has one. */
export const rangeOf = (node: unknown): Range => (node as { readonly range: Range }).range;

export const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** The offset behind the line break that ends the line of `at`. */
export function lineEnd(text: string, at: number): number {
  const lineBreak = text.indexOf("\n", at);
  return lineBreak === -1 ? text.length : lineBreak + 1;
}

export const splice = (text: string, start: number, end: number, put: string): string =>
  text.slice(0, start) + put + text.slice(end);
