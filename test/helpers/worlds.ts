/** The sandbox worlds of a test as a fixture: each is closed with its own test, also among tests side by side. */
import { test as base } from "vitest";
import type { SandboxOptions } from "../../src/sandbox/index.ts";
import { openPreparedWorld, type Schema } from "./prepared-cluster.ts";
import { openWorld, type OpenWorld, type World } from "./program.ts";

export type Worlds = {
  /** An empty cloud. */
  empty(options?: Partial<SandboxOptions>): Promise<World>;
  /** One in which `init` has set the cluster up. */
  prepared(options?: Partial<SandboxOptions>, schema?: Schema): Promise<World>;
};

export const test = base.extend<{ worlds: Worlds }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from it which fixtures it needs
  worlds: async ({}, use) => {
    const opened: OpenWorld[] = [];
    const keep = (world: OpenWorld): World => {
      opened.push(world);
      return world;
    };
    await use({
      empty: async (options) => keep(await openWorld(options)),
      prepared: async (options, schema) => keep(await openPreparedWorld(options, schema)),
    });
    await Promise.all(opened.map((world) => world.close()));
  },
});
