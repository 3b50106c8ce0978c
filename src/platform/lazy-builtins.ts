/**
 * Node's own modules for the built program. A command needs few of those that its code names, and loading them all takes
 * a third as long as Node's own start: they are loaded when something of them is first used.
 */

/** Needed by nearly every command, or loaded by Node in any case. */
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

/** An object that has what the module has, which is loaded when something of it is first used. */
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
