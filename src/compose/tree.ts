/** A compose file's content as plain nodes with line numbers; aliases and merge keys (`<<`) are resolved. Pure. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type YAMLMap,
} from "yaml";

export type ScalarValue = string | number | boolean | null;

export type ScalarNode = {
  readonly kind: "scalar";
  readonly line: number;
  readonly value: ScalarValue;
};
export type ListNode = {
  readonly kind: "list";
  readonly line: number;
  readonly items: readonly Tree[];
};
export type MapNode = {
  readonly kind: "map";
  readonly line: number;
  readonly entries: ReadonlyMap<string, Tree>;
  /** Where each key stands: a value may begin on the next line. */
  readonly lines: ReadonlyMap<string, number>;
};
export type Tree = ScalarNode | ListNode | MapNode;

/** The content of a YAML document that has no errors and whose aliases are known to unfold. */
export function treeOf(document: Document, lines: LineCounter): Tree {
  return convert(document.contents, 1);

  function convert(node: unknown, line: number): Tree {
    if (isAlias(node)) return convert(node.resolve(document), line);
    const own = lineOf(node) ?? line;
    if (isMap(node)) return mapOf(node, own);
    if (isSeq(node))
      return { kind: "list", line: own, items: node.items.map((item) => convert(item, own)) };
    const value = isScalar(node) ? node.value : null;
    return { kind: "scalar", line: own, value: isPlain(value) ? value : null };
  }

  function mapOf(map: YAMLMap, line: number): MapNode {
    const entries = new Map<string, Tree>();
    const keyLines = new Map<string, number>();
    const merged: MapNode[] = [];
    for (const { key, value } of map.items) {
      const keyLine = lineOf(key) ?? line;
      const tree = convert(value, keyLine);
      if (isMergeKey(key)) {
        merged.push(
          ...(tree.kind === "list" ? tree.items : [tree]).filter((it) => it.kind === "map"),
        );
        continue;
      }
      const name = String(isScalar(key) ? key.value : key);
      entries.set(name, tree);
      keyLines.set(name, keyLine);
    }
    // What the map says itself wins, then the first of those that are merged in.
    for (const other of merged) {
      for (const [name, value] of other.entries) {
        if (entries.has(name)) continue;
        entries.set(name, value);
        keyLines.set(name, other.lines.get(name) ?? line);
      }
    }
    return { kind: "map", line, entries, lines: keyLines };
  }

  function lineOf(node: unknown): number | undefined {
    const range = isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined;
    return range ? lines.linePos(range[0]).line : undefined;
  }
}

/** The reader marks the key `<<` with a symbol once merging is on. */
function isMergeKey(key: unknown): boolean {
  return (
    isScalar(key) && (typeof key.value === "symbol" ? key.value.description : key.value) === "<<"
  );
}

const isPlain = (value: unknown): value is ScalarValue =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

/** The same tree with every text replaced. Keys are not interpolated by docker compose. */
export function mapTexts(tree: Tree, replace: (text: string, line: number) => string): Tree {
  if (tree.kind === "scalar") {
    return typeof tree.value === "string"
      ? { ...tree, value: replace(tree.value, tree.line) }
      : tree;
  }
  if (tree.kind === "list")
    return { ...tree, items: tree.items.map((item) => mapTexts(item, replace)) };
  return {
    ...tree,
    entries: new Map([...tree.entries].map(([name, value]) => [name, mapTexts(value, replace)])),
  };
}

/** What stands under a key, or under keys within keys; undefined where nothing does. */
export function at(tree: Tree | undefined, ...keys: readonly string[]): Tree | undefined {
  return keys.reduce<Tree | undefined>(
    (node, key) => (node?.kind === "map" ? node.entries.get(key) : undefined),
    tree,
  );
}

/** The entries of a mapping; none where it is something else. */
export function entriesOf(tree: Tree | undefined): readonly (readonly [string, Tree])[] {
  return tree?.kind === "map" ? [...tree.entries] : [];
}

/** The items of a list; none where it is something else. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === "list" ? tree.items : [];
}

/** A scalar as text; undefined for `null` and for what is no scalar. */
export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && tree.value !== null ? String(tree.value) : undefined;
}

/** The line of a key of a mapping, else of the mapping. */
export function lineOfKey(tree: MapNode, key: string): number {
  return tree.lines.get(key) ?? tree.line;
}

export type Leaf = { readonly path: readonly string[]; readonly node: ScalarNode };

/** Every scalar with the keys (and positions in lists) that lead to it, in the file's order. */
export function leavesOf(tree: Tree, path: readonly string[] = []): readonly Leaf[] {
  if (tree.kind === "scalar") return [{ path, node: tree }];
  const children =
    tree.kind === "map"
      ? [...tree.entries]
      : tree.items.map((item, index) => [String(index), item] as const);
  return children.flatMap(([key, child]) => leavesOf(child, [...path, key]));
}
