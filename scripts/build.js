// Bundles src into dist: one small entry, one chunk per lazily imported command.
// Loose files would start about twice as slowly; dependencies stay external, so that
// `npm audit` and the lockfile of whoever installs the package see them.
import { renameSync, rmSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;

rmSync(`${root}dist.new`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", "proxy-preload": "src/phala/proxy-preload.ts" },
  outdir: "dist.new",
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
  sourcemap: "linked",
  logLevel: "warning",
});

// Swapped at the end: a program that is running, or a test, finds the old build or the new one, never half of it.
rmSync(`${root}dist.old`, { recursive: true, force: true });
try {
  renameSync(`${root}dist`, `${root}dist.old`);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
renameSync(`${root}dist.new`, `${root}dist`);
rmSync(`${root}dist.old`, { recursive: true, force: true });
