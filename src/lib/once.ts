/** Memoizes the result of the first call; a promise also if it rejects. */
export function once<T extends object>(read: () => T): () => T {
  let result: T | undefined;
  return () => (result ??= read());
}
