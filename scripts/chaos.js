// Runs the chaos suite: bundles test/chaos/main.ts, because Node 20 runs no TypeScript. How: npm run chaos -- --help
import { build } from "esbuild";
import { pathToFileURL } from "node:url";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
// Two folders deep, as the sources are: they find the program and the fixtures from where they are.
const outfile = path.join(root, "node_modules", ".cache", "chaos.mjs");

process.chdir(root);
await build({
  entryPoints: ["test/chaos/main.ts"],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
  logLevel: "warning",
});
await import(pathToFileURL(outfile).href);
