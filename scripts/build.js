// Bundles src and the libraries that it uses into dist: one small entry, one chunk per lazily imported command.
// Loose files and packages take about a quarter more CPU at every start, and whoever installed the package would get
// the libraries' newest versions of that day: what hands out keys runs with the versions that the tests ran with.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;

rmSync(`${root}dist.new`, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", "compile-cache": "src/platform/compile-cache.ts" },
  outdir: "dist.new",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  // CommonJS libraries ask for Node's own modules with it.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  // Half as much to read and compile; names stay, for a stack that is reported.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});
writeFileSync(`${root}dist.new/THIRD-PARTY-LICENSES.txt`, licensesOf(Object.keys(metafile.inputs)));

// Swapped at the end: a program that is running, or a test, finds the old build or the new one, never half of it.
rmSync(`${root}dist.old`, { recursive: true, force: true });
try {
  renameSync(`${root}dist`, `${root}dist.old`);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
renameSync(`${root}dist.new`, `${root}dist`);
rmSync(`${root}dist.old`, { recursive: true, force: true });

/** Name, version and licence of every package that a bundled file is from. */
function licensesOf(inputs) {
  const folders = inputs.flatMap(
    (file) => /^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/.exec(file) ?? [],
  );
  const sorted = [...new Set(folders)].toSorted((a, b) => a.localeCompare(b));
  return `${sorted.map(licenseOf).join("\n\n\n")}\n`;
}

function licenseOf(folder) {
  const files = readdirSync(path.join(root, folder));
  const { name, version, license } = JSON.parse(
    readFileSync(path.join(root, folder, "package.json"), "utf8"),
  );
  const texts = files
    .filter((file) => /^licen[cs]e/i.test(file))
    .map((file) => readFileSync(path.join(root, folder, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}
