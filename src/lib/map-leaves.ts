/**
 * A copy of a JSON-like value with `change` applied to everything in it that is neither a list nor a plain object.
 *
 * @param change gets the key that the leaf, or the list that it is in, stands under.
 */
export function mapLeaves(
  value: unknown,
  change: (leaf: unknown, key?: string) => unknown,
  changeKey: (key: string) => string = (key) => key,
  key?: string,
): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change, changeKey, key));
  if (!isPlainObject(value)) return change(value, key);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      changeKey(name),
      mapLeaves(item, change, changeKey, name),
    ]),
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
