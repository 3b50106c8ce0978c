/** The simulation with its disks in memory: it runs as a bundle only. */
import { pathToFileURL } from "node:url";

type Bundle = typeof import("./index.ts");

export async function loadSimulation(): Promise<Bundle> {
  const script = "../../scripts/bundle-simulation.js";
  const { bundleSimulation } = (await import(script)) as {
    bundleSimulation: (entry: string) => Promise<string>;
  };
  return (await import(pathToFileURL(await bundleSimulation("index.ts")).href)) as Bundle;
}
