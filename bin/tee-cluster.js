#!/usr/bin/env node
// Checks the Node version in words that an old Node understands, then loads the program.
var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error("tee-cluster needs Node.js 20.19 or newer; this is " + process.versions.node + ".");
  console.error("Install one from https://nodejs.org, then run the command again.");
  process.exit(3);
}
import("../dist/main.js").then(
  (program) => program.main().then(program.exitAfterGrace),
  (error) => {
    console.error("tee-cluster can't be loaded: " + error.message);
    process.exitCode = 1;
  },
);
