// Runs the simulation: bundles test/simulation/main.ts, because Node 20 runs no TypeScript. How: npm run simulate -- --help
import { build } from "esbuild";
import { fork } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const outfile = path.join(root, "node_modules", ".cache", "simulation.mjs");

process.chdir(root);
await build({
  entryPoints: ["test/simulation/main.ts"],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
  logLevel: "warning",
});
fork(outfile, process.argv.slice(2)).on("exit", (code) => {
  process.exitCode = code ?? 1;
});
