/**
 * The pinned `phala` package as one file. Its own layout (some 1,000 modules) takes about a second of CPU to
 * load, and the suites start it many hundred times. Same code, same version, joined by esbuild when the tests
 * begin; `PHALA_UNDER_TEST=package` runs them with the package's own files, and a few tests always do.
 */
import { copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { build, type Plugin } from "esbuild";
import { JOINED_PHALA, PHALA_PACKAGE } from "./phala-bin.ts";

/** esbuild leaves a made `require` alone; with the banner's one in its place it joins what is required, too. */
const OWN_REQUIRE = "import { createRequire } from 'module';const require = createRequire(import.meta.url);";
const BANNER =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

const joinRequired: Plugin = {
  name: "join-required",
  setup({ onLoad }) {
    onLoad({ filter: /phala[\\/]dist[\\/]index\.js$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      if (!text.includes(OWN_REQUIRE)) throw new Error(`${file} is not laid out as it was in phala 1.1.18`);
      return { contents: text.replace(OWN_REQUIRE, ""), loader: "js" };
    });
  },
};

/** Builds the joined file unless that of this version is there. */
export async function joinPhala(): Promise<void> {
  const manifest = path.join(PHALA_PACKAGE, "package.json");
  const folder = path.dirname(path.dirname(JOINED_PHALA));
  const text = await readFile(manifest, "utf8");
  if ((await readFile(path.join(folder, "package.json"), "utf8").catch(() => "")) === text) return;
  const fresh = `${folder}.new-${process.pid}`;
  await mkdir(fresh, { recursive: true });
  await build({
    entryPoints: [path.join(PHALA_PACKAGE, "dist", "index.js")],
    outfile: path.join(fresh, "dist", "index.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: BANNER },
    plugins: [joinRequired],
    logLevel: "warning",
  });
  await copyFile(manifest, path.join(fresh, "package.json"));
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}
