/** Work on many things at once, but not on all of them. */

/**
 * Does the work on every item, on at most `limit` at a time; the outcomes come in the items' order. One that
 * rejects ends the whole at once, with others still at it: work that must not be left alone returns its failure.
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const outcomes = new Map<number, R>();
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    // All workers draw from the one iterator.
    for (const [index, item] of queue) outcomes.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return items.flatMap((_, index) => (outcomes.has(index) ? [outcomes.get(index) as R] : []));
}
