#!/usr/bin/env node
// Checks the Node version in words that an old Node understands, then loads the program.
var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error("tee-cluster needs Node.js 20.19 or newer; this is " + process.versions.node + ".");
  console.error("Install one from https://nodejs.org, then run the command again.");
  process.exit(3);
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
