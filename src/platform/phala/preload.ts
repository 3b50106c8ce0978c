/**
 * What a `phala` that was started ahead runs before its own code: loads the libraries that its package names, waits for
 * its work, and becomes the process that a start with that work would be. A file of its own in dist, given to Node with
 * `--import`; ahead.ts starts it.
 */
import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { BEGUN, LOADED, Work } from "./ahead.ts";

const CHANNEL_FD = 3;

/** Libraries that can't be loaded are phala's to report, if it needs them. */
async function loadLibraries(entry: string): Promise<void> {
  const manifest = path.join(path.dirname(path.dirname(entry)), "package.json");
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const from = pathToFileURL(entry);
  for (const name of Object.keys(dependencies)) {
    try {
      await import(import.meta.resolve(name, from));
    } catch {
      // One that has no entry of its own, say: phala loads parts of it.
    }
  }
}

const leave = (): never => process.exit(0);

/** The work, as a line of JSON. Where the channel ends before phala's own code runs, nobody is there to run it for. */
function readWork(channel: Socket): Promise<Work> {
  channel.setEncoding("utf8").once("error", leave).once("end", leave);
  let text = "";
  return new Promise((resolve) => {
    channel.on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\n")) resolve(JSON.parse(text) as Work);
    });
  });
}

/** In place: libraries may hold on to the arguments as they were. */
function become({ args, env, cwd }: Work): void {
  process.argv.splice(1, process.argv.length, ...args);
  process.execArgv.splice(0);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  // A library that remembers the folder has put its own function here.
  process.chdir(cwd);
}

function say(what: typeof LOADED | typeof BEGUN): Promise<unknown> {
  return new Promise((written) => channel.write(what, written));
}

const channel = new Socket({ fd: CHANNEL_FD });
const work = readWork(channel);
await loadLibraries(realpathSync(process.argv[1] ?? ""));
void say("l");
become(await work);
// From here on phala's own code runs: the starter must not run it again.
await say("b");
channel.destroy();
await once(channel, "close");
