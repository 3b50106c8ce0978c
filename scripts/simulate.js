// Runs the simulation: bundles test/simulation/main.ts, because Node 20 runs no TypeScript. How: npm run simulate -- --help
import { fork } from "node:child_process";
import path from "node:path";
import { bundleSimulation } from "./bundle-simulation.js";

process.chdir(path.resolve(import.meta.dirname, ".."));
fork(await bundleSimulation("main.ts"), process.argv.slice(2)).on("exit", (code) => {
  process.exitCode = code ?? 1;
});
