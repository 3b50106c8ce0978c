/** Where the parts of a YAML text stand, so that an edit touches nothing else. Pure. */
import { isAlias, isMap, isPair, isScalar, isSeq } from "yaml";

/** Where the last character of an entry's own content stands; comments and blank lines after it are not its. */
export function contentEnd(node: unknown): number {
  if (isMap(node) || isSeq(node)) {
    const last = node.items.at(-1);
    return node.flow || last === undefined ? (node.range?.[1] ?? 0) : contentEnd(last);
  }
  if (isScalar(node) || isAlias(node)) {
    const [start, end] = node.range ?? [0, 0];
    // A block scalar's range takes the line break behind it in.
    return isScalar(node) && node.type?.startsWith("BLOCK") ? Math.max(start, end - 1) : end;
  }
  if (isPair(node)) return node.value === null ? startOf(node.key) : contentEnd(node.value);
  return 0;
}

export const startOf = (node: unknown): number => rangeOf(node)?.[0] ?? 0;

export function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  const hasRange = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return hasRange ? (node.range ?? undefined) : undefined;
}

export const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** The offset behind the line break that ends the line of `at`. */
export function lineEnd(text: string, at: number): number {
  const lineBreak = text.indexOf("\n", at);
  return lineBreak === -1 ? text.length : lineBreak + 1;
}

export const splice = (text: string, start: number, end: number, put: string): string =>
  text.slice(0, start) + put + text.slice(end);
