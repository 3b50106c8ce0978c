// Bundles src and the libraries that it uses into dist: one small entry, one chunk per lazily imported command.
// Loose files and packages take about a quarter more CPU at every start, and whoever installed the package would get
// the libraries' newest versions of that day: what hands out keys runs with the versions that the tests ran with.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;

const PRINT_HELP =
  'import("./dist.new/main.js").then((it) => it.main(["node", "tee-cluster", "--help"]))';

// CommonJS libraries ask for Node's own modules with it.
const OWN_REQUIRE =
  'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';

/**
 * commander can start a subcommand as a program of its own, which ours never are; loading node:child_process for it
 * takes a tenth of what `--help` does.
 */
const withoutChildren = {
  name: "commander-without-children",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /node_modules[\\/]commander[\\/]/.test(importer)
        ? { path: "no-children", namespace: "empty" }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: "empty" }, () => ({ contents: "module.exports = {};" }));
  },
};

rmSync(`${root}dist.new`, { recursive: true, force: true });
const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", "compile-cache": "src/platform/compile-cache.ts" },
  outdir: "dist.new",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  banner: { js: OWN_REQUIRE },
  write: false,
  plugins: [withoutChildren],
  // Half as much to read and compile; names stay, for a stack that is reported.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});
refuseWholeZod(metafile);
mkdirSync(`${root}dist.new`);
for (const { path: file, text } of outputFiles) {
  const bare = text.replace(OWN_REQUIRE, "").trimStart();
  // Making one costs each chunk a little at every start.
  writeFileSync(file, /\brequire[(.]|typeof require\b/.test(bare) ? text : bare);
}
writeFileSync(`${root}dist.new/THIRD-PARTY-LICENSES.txt`, licensesOf(Object.keys(metafile.inputs)));

// What every word of help begins with is asked often: bin/tee-cluster.js prints it without loading the program.
const help = spawnSync(process.execPath, ["-e", PRINT_HELP], { encoding: "utf8", cwd: root });
if (help.status !== 0 || help.stdout === "") throw new Error(`no help text: ${help.stderr}`);
writeFileSync(`${root}dist.new/help.txt`, help.stdout);

// Swapped at the end: a program that is running, or a test, finds the old build or the new one, never half of it.
rmSync(`${root}dist.old`, { recursive: true, force: true });
try {
  renameSync(`${root}dist`, `${root}dist.old`);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
renameSync(`${root}dist.new`, `${root}dist`);
rmSync(`${root}dist.old`, { recursive: true, force: true });

/** `import { z }` brings all of it, each language of its messages too: half a megabyte to parse at every start. */
function refuseWholeZod({ outputs }) {
  const whole = Object.values(outputs).some(({ inputs }) =>
    Object.entries(inputs).some(
      ([file, { bytesInOutput }]) => /zod\/v4\/locales\/de\./.test(file) && bytesInOutput > 0,
    ),
  );
  if (whole) throw new Error('some file has `import { z } from "zod"`: write `import * as z`');
}

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
