/**
 * The pinned `phala` package as one file, with V8's code cache beside it. Its own layout (some 1,000 modules) takes
 * about a second of CPU to load, and the suites start it many hundred times. Same code, same version, joined by
 * esbuild when the tests begin; `PHALA_UNDER_TEST=package` runs them with the package's own files, and a few tests
 * always do.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { JOINED_PHALA, PHALA_PACKAGE } from "./phala-bin.ts";

const COMPOSE = fileURLToPath(
  new URL("../../fixtures/compose/docker-compose.phala.registry.yml", import.meta.url),
);

/** esbuild leaves a made `require` alone; without it, it joins what is required, too. */
const OWN_REQUIRE =
  "import { createRequire } from 'module';const require = createRequire(import.meta.url);";

/** Its last statement, `main().catch(…)`, is left to whoever has loaded it: see warm-process.js. */
const START =
  /(?<=[;}])\w+\(\)\.catch\(\w+=>\{console\.error\("An error occurred:",\w+\),process\.exit\(1\)\}\);/;
const STARTED_BY_LOADER = (statement: string): string =>
  `(globalThis.startPhala??(start=>start()))(()=>{${statement}});`;

/** Loads the joined file with its code cache; the first start makes that. A cache of another V8 is left aside. */
const LOADER = `#!/usr/bin/env node
// Version 3 of join-phala.ts.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import vm from "node:vm";
const file = new URL("./phala.cjs", import.meta.url).pathname;
const cacheFile = new URL("./phala.cache", import.meta.url).pathname;
let cachedData;
try {
  cachedData = readFileSync(cacheFile);
} catch {}
const script = new vm.Script(Module.wrap(readFileSync(file, "utf8").replace(/^#!.*/, "")), {
  filename: file,
  cachedData,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
if (cachedData === undefined) {
  process.once("exit", () => {
    writeFileSync(cacheFile + process.pid, script.createCachedData());
    renameSync(cacheFile + process.pid, cacheFile);
  });
}
const joined = new Module(file);
script.runInThisContext()(joined.exports, createRequire(file), joined, file, "");
`;

const joinRequired: Plugin = {
  name: "join-required",
  setup({ onLoad }) {
    onLoad({ filter: /phala[\\/]dist[\\/]index\.js$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      if (!text.includes(OWN_REQUIRE))
        throw new Error(`${file} is not laid out as it was in phala 1.1.18`);
      if (!START.test(text)) throw new Error(`${file} does not begin as phala 1.1.18 does`);
      const contents = text.replace(OWN_REQUIRE, "").replace(START, STARTED_BY_LOADER);
      return { contents, loader: "js" };
    });
  },
};

/** Builds the joined file unless that of this version is there. */
export async function joinPhala(): Promise<void> {
  const manifest = path.join(PHALA_PACKAGE, "package.json");
  const folder = path.dirname(path.dirname(JOINED_PHALA));
  const [named, joined, loader] = await Promise.all(
    [manifest, path.join(folder, "package.json"), JOINED_PHALA].map((file) =>
      readFile(file, "utf8").catch(() => ""),
    ),
  );
  // Its libraries are in the file: there is none that could be loaded ahead.
  const { dependencies: _, ...alone } = JSON.parse(named ?? "{}") as Record<string, unknown>;
  const wanted = JSON.stringify(alone);
  if (joined === wanted && loader === LOADER) return;
  const fresh = `${folder}.new-${process.pid}`;
  await mkdir(fresh, { recursive: true });
  const dist = path.join(fresh, "dist");
  await build({
    entryPoints: [path.join(PHALA_PACKAGE, "dist", "index.js")],
    outfile: path.join(dist, "phala.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    banner: { js: "const ownUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { "import.meta.url": "ownUrl" },
    plugins: [joinRequired],
    minifyWhitespace: true,
    logLevel: "warning",
  });
  await writeFile(path.join(dist, "index.js"), LOADER, { mode: 0o755 });
  await writeFile(path.join(fresh, "package.json"), wanted);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  // What this compiles is kept. Nothing answers at the address: it fails where it would send its first request.
  const env = {
    PATH: process.env["PATH"],
    PHALA_CLOUD_API_KEY: "none",
    PHALA_CLOUD_API_PREFIX: "http://127.0.0.1:9",
  };
  const args = ["deploy", "--name", "none", "--compose", COMPOSE, "--env", "NONE=none", "--json"];
  await promisify(execFile)(JOINED_PHALA, args, { env }).catch(() => undefined);
}
