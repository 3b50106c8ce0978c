/**
 * Runs in a `phala` that was started ahead, before phala's own code: loads the libraries that its package depends on,
 * waits for its work, and takes on its arguments, environment and folder. A separate file in dist, passed to Node with
 * `--import` (see ahead.ts).
 */
import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { BEGUN, LOADED, Work } from "./ahead.ts";

const CHANNEL_FD = 3;

/** Failures are ignored: phala reports a library that it needs and can't load. */
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
      // For example a package without a main entry.
    }
  }
}

const leave = (): never => process.exit(0);

/** The work, as a line of JSON. If the channel ends before phala's own code runs, the starter has ended, and so do we. */
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

/** Changes the arguments in place: libraries may keep a reference to the array. */
function become({ args, env, cwd }: Work): void {
  process.argv.splice(1, process.argv.length, ...args);
  process.execArgv.splice(0);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  // Also updates a library that caches the folder, because it has replaced this function.
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
// From here on phala's own code runs, so the starter must not run it again.
await say("b");
channel.destroy();
await once(channel, "close");
