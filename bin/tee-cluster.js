#!/usr/bin/env node
// Checks the Node version in words that an old Node understands, then loads the program.
import { readFileSync } from "node:fs";

var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error("tee-cluster needs Node.js 20.19 or newer; this is " + process.versions.node + ".");
  console.error("Install one from https://nodejs.org, then run the command again.");
  process.exit(3);
}

const at = (file) => new URL(file, import.meta.url);

/** What is asked often, and answered without loading the program; undefined: something else is. */
function quickAnswer(words) {
  try {
    if (words === "--version" || words === "-V")
      return JSON.parse(readFileSync(at("../package.json"), "utf8")).version + "\n";
    const isHelp = words === "--help" || words === "-h" || words === "help";
    // The text is broken for 80 columns; a narrower terminal gets another one.
    if (isHelp && (process.stdout.columns || 80) >= 80)
      return readFileSync(at("../dist/help.txt"), "utf8");
  } catch {
    // The program says what is wrong with the package.
  }
  return undefined;
}

// Node 22.8 and newer keep what they have compiled.
async function useCompileCache() {
  const [module, { compileCacheFolder }] = await Promise.all([
    import("node:module"),
    import("../dist/compile-cache.js"),
  ]);
  const folder = module.enableCompileCache && compileCacheFolder(process.env);
  if (folder) module.enableCompileCache(folder);
}

function run() {
  const ready = version[0] >= 22 ? useCompileCache() : Promise.resolve();
  ready
    .then(() => import("../dist/main.js"))
    .then(
      (program) => program.main(process.argv, 0).then(program.exitAfterGrace),
      (error) => {
        console.error("tee-cluster can't be loaded: " + error.message);
        process.exitCode = 1;
      },
    );
}

const answer = quickAnswer(process.argv.slice(2).join(" "));
if (answer === undefined) run();
else {
  // A reader that has seen enough (`--help | head`) is no error.
  process.stdout.once("error", () => undefined);
  process.stdout.write(answer);
}
