/**
 * Node's modules for the built program, loaded when first used: a command needs few of those that its code imports, and
 * loading all of them takes a third of Node's start-up time.
 */

/** Needed by nearly every command, or loaded by Node anyway. */
const AT_ONCE: ReadonlySet<string> = new Set(
  ["buffer", "crypto", "events", "fs", "path", "url", "util"].map((name) => `node:${name}`),
);

/** @param load Node's own `require`. */
export function lazyRequire(load: NodeJS.Require): (name: string) => unknown {
  const standIns = new Map<string, unknown>();
  return (name) => {
    if (!name.startsWith("node:") || AT_ONCE.has(name)) return load(name);
    const standIn = standIns.get(name) ?? standInFor(() => load(name) as object);
    standIns.set(name, standIn);
    return standIn;
  };
}

/** A proxy for a module that loads it when a property is first used. */
export function standInFor(load: () => object): unknown {
  return new Proxy(
    {},
    {
      get: (_, key) => Reflect.get(load(), key),
      has: (_, key) => Reflect.has(load(), key),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor(_, key) {
        const found = Reflect.getOwnPropertyDescriptor(load(), key);
        return found && { ...found, configurable: true };
      },
    },
  );
}
