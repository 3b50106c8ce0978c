#!/usr/bin/env node
// Checks the Node version in words that an old Node understands, then loads the program. CommonJS: an old Node tells
// what it needs instead of a syntax error, and Node's loader of ES modules costs what `--version` may take in all.
const fs = require("fs");
const path = require("path");

const dist = path.join(__dirname, "..", "dist");

function isTooOld(version) {
  const numbers = version.split(".").map(Number);
  return numbers[0] < 20 || (numbers[0] === 20 && numbers[1] < 19);
}

/** What is asked often, and answered without loading the program; undefined: something else is. */
function quickAnswer(words) {
  try {
    if (words === "--version" || words === "-V")
      return JSON.parse(fs.readFileSync(path.join(dist, "../package.json"), "utf8")).version + "\n";
    const isHelp = words === "--help" || words === "-h" || words === "help";
    // The text is broken for 80 columns; a narrower terminal gets another one.
    if (isHelp && (process.stdout.columns || 80) >= 80)
      return fs.readFileSync(path.join(dist, "help.txt"), "utf8");
  } catch {
    // The program says what is wrong with the package.
  }
  return undefined;
}

function run() {
  let program;
  try {
    const load = require(path.join(dist, "load.cjs"));
    program = load.loadProgram(path.join(dist, "main.cjs"), process.argv[2], process.env, require);
  } catch (error) {
    console.error("tee-cluster can't be loaded: " + error.message);
    process.exitCode = 1;
    return;
  }
  program.main(process.argv, 0).then(program.exitAfterGrace);
}

if (isTooOld(process.versions.node)) {
  console.error("tee-cluster needs Node.js 20.19 or newer; this is " + process.versions.node + ".");
  console.error("Install one from https://nodejs.org, then run the command again.");
  process.exit(3);
}
const answer = quickAnswer(process.argv.slice(2).join(" "));
if (answer === undefined) run();
else {
  // A reader that has seen enough (`--help | head`) is no error.
  process.stdout.once("error", () => undefined);
  process.stdout.write(answer);
}
