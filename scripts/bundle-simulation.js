// The simulation in one file. Its machines' disks are in memory: what the program does with node:fs goes to them.
import { build } from "esbuild";
import { rename } from "node:fs/promises";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const models = path.join(root, "test", "simulation", "disk");
const MODELS = { "node:fs": "fs.ts", "node:fs/promises": "promises.ts", yaml: "yaml.ts" };

const inMemory = {
  name: "disks in memory",
  setup({ onResolve }) {
    onResolve({ filter: /^(node:fs(\/promises)?|yaml)$/ }, ({ path: name, resolveDir }) =>
      // The models themselves have the real ones.
      resolveDir === models
        ? { path: name, external: true }
        : { path: path.join(models, MODELS[name]) },
    );
  },
};

/**
 * Several processes may do so side by side.
 * @param {string} entry a file of test/simulation
 * @returns {Promise<string>} where the bundle is
 */
export async function bundleSimulation(entry) {
  const outfile = path.join(
    root,
    "node_modules",
    ".cache",
    `simulation-${path.parse(entry).name}.mjs`,
  );
  const own = `${outfile}.${process.pid}.mjs`;
  await build({
    entryPoints: [path.join(root, "test", "simulation", entry)],
    outfile: own,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "warning",
    plugins: [inMemory],
  });
  await rename(own, outfile);
  return outfile;
}
