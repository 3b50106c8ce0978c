// Bundles src into dist: one small entry, one chunk per lazily imported command.
// Loose files would start about twice as slowly; dependencies stay external, so that
// `npm audit` and the lockfile of whoever installs the package see them.
import { rmSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", "proxy-preload": "src/phala/proxy-preload.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
  sourcemap: "linked",
  logLevel: "warning",
});
