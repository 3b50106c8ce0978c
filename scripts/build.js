// Bundles src and the libraries that it uses into dist/main.cjs, in which a lazily imported command is set up when it is
// asked for; dist/load.cjs loads it. One CommonJS script, since V8 gives out what it compiled of a script and of no ES
// module; loose files cost more at every start. And whoever installed the package would get the libraries' newest
// versions of that day: what hands out keys runs with the versions that the tests ran with.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { build } from "esbuild";
import { asScripts, twoParts } from "./lib/two-parts.js";

const root = new URL("..", import.meta.url).pathname;
const MAIN = "src/cli/main.ts";
const IMPORT_META_URL =
  'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;\n';

const PRINT_HELP = 'require("./dist.new/main.cjs").main(["node", "tee-cluster", "--help"])';

/**
 * What libraries bring for what we never do. commander can start a subcommand as a program of its own: loading
 * node:child_process for it takes a tenth of what `--help` does. @inquirer/prompts can open an editor, and brings half a
 * megabyte of character sets for it. chalk looks at the terminal as it is loaded, and loads node:net for it: it is told the
 * level of colours.
 */
const withoutUnused = {
  name: "without-unused",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /node_modules[\\/]commander[\\/]/.test(importer)
        ? { path: "no-children", namespace: "empty" }
        : undefined,
    );
    onResolve({ filter: /^@inquirer\/external-editor$/ }, () => ({
      path: "no-editor",
      namespace: "empty",
    }));
    onResolve({ filter: /^#supports-color$/ }, () => ({ path: "no-look", namespace: "empty" }));
    onLoad({ filter: /.*/, namespace: "empty" }, () => ({ contents: "module.exports = {};" }));
  },
};

rmSync(`${root}dist.new`, { recursive: true, force: true });
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  // Half as much to read and compile; names stay, for a stack that is reported.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
};
// A third of what offline commands would load, and needed where a file is not as this program writes it.
const yaml = await build({
  ...shared,
  stdin: { contents: 'module.exports = require("yaml");', resolveDir: root },
  format: "cjs",
  write: false,
  metafile: true,
});
const yamlApart = {
  name: "yaml-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^yaml$/ }, () => ({ path: "./yaml.cjs", external: true }));
  },
};
const { metafile, outputFiles } = await build({
  ...shared,
  entryPoints: { main: MAIN },
  outdir: "dist.new",
  format: "esm",
  splitting: true,
  write: false,
  define: { "import.meta.url": "importMetaUrl" },
  plugins: [withoutUnused, yamlApart, twoParts(root, MAIN)],
  metafile: true,
});
assertWithoutLocales(metafile);
const built = outputFiles.map(({ path: file, text }) => [path.basename(file), text]);
mkdirSync(`${root}dist.new`);
for (const [name, text] of Object.entries(await asScripts(Object.fromEntries(built))))
  writeFileSync(`${root}dist.new/${name}.cjs`, inAscii(`${IMPORT_META_URL}${text}`));
writeFileSync(`${root}dist.new/yaml.cjs`, inAscii(yaml.outputFiles[0].text));
await build({
  ...shared,
  entryPoints: { load: "src/platform/load-program.ts" },
  outdir: "dist.new",
  outExtension: { ".js": ".cjs" },
  format: "cjs",
});
// Node loads it into a phala, before phala's own code; --import takes a module.
await build({
  ...shared,
  entryPoints: { "phala-preload": "src/platform/phala/preload.ts" },
  outdir: "dist.new",
  outExtension: { ".js": ".mjs" },
  format: "esm",
});
writeFileSync(
  `${root}dist.new/THIRD-PARTY-LICENSES.txt`,
  licensesOf([metafile, yaml.metafile].flatMap(({ inputs }) => Object.keys(inputs))),
);

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
function assertWithoutLocales({ outputs }) {
  const whole = Object.values(outputs).some(({ inputs }) =>
    Object.entries(inputs).some(
      ([file, { bytesInOutput }]) => /zod\/v4\/locales\/de\./.test(file) && bytesInOutput > 0,
    ),
  );
  if (whole) throw new Error('some file has `import { z } from "zod"`: write `import * as z`');
}

/** The loader reads a character a byte, half the work of decoding it. esbuild escapes all but regular expressions. */
function inAscii(text) {
  return text.replaceAll(/[^\0-\x7f]/g, escaped);
}

function escaped(symbol) {
  return `\\u${symbol.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
