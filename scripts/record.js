// Records real runs of the built program in a real terminal. How: npm run build && node scripts/record.js [NAME ...]
// Each scenario is typed into bash in a pseudo-terminal, in an empty home folder, against the sandbox. What is written
// to docs/recordings is what came out: NAME.cast for asciinema, NAME.txt with the screens at the moments worth reading.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { linesOf } from "./lib/screen.js";

const ROOT = path.resolve(import.meta.dirname, "..");
const TARGET = path.join(ROOT, "docs/recordings");
/** The same on every machine, so that no path in a recording tells where it was made. */
const HOME = "/tmp/tee-cluster-demo";
const SIZE = { cols: 100, rows: 30 };
/** ms that whatever is waited for may take. */
const PATIENCE = 300_000;
/** ms without a byte after which a screen counts as complete. */
const STILL = 400;
const TYPING_MS = 25;
const PROMPT = "$ ";
const CTRL_C = "\u0003";

const SCENARIOS = {
  "first-minute": {
    title: "The first minute: a cluster in the sandbox, and a look at it",
    async play({ run, shot }) {
      await run("npx tee-cluster init --sandbox --yes");
      shot("Ten steps with the real phala CLI; nothing was asked, nothing is paid for");
      await run("npx tee-cluster sandbox start > sandbox.env");
      await run("export TEE_CLUSTER_SANDBOX=1");
      await run("npx tee-cluster status");
      await run(`curl -s "$(npx tee-cluster status --json | jq -r '.cvms[0].url')/health"; echo`);
      shot("A sandbox that stays; the registry answers");
    },
  },
  "failed-prerequisite": {
    title: "A prerequisite fails: found before anything is made",
    async play({ run, shot }) {
      await run("npx tee-cluster init --sandbox --yes --instance-type tdx.meduim");
      shot("Step 1 ends the run with exit 3; the remedy stands below it");
      await run("npx tee-cluster explain instance-type");
      shot("What a code means");
    },
  },
  "slow-boot": {
    title: "A CVM takes a minute to boot",
    async play({ run, start, until, shot }) {
      await run("npx tee-cluster sandbox start --boot-time 40s > sandbox.env");
      await start("npx tee-cluster init --sandbox --yes");
      await until(/4\/10.*\b1\ds/);
      shot("After ten seconds: what it waits for, for how long, and what the limit is");
      await until(/4\/10.*\b3[3-9]/);
      shot("After half a minute");
      await until(/is ready/);
      shot("And its end");
    },
  },
  "ctrl-c": {
    title: "Ctrl-C in step 5: the temporary runner is deleted, the next run resumes",
    async play({ run, start, until, made, type, finished, shot }) {
      await run("npx tee-cluster sandbox start --boot-time 6s > sandbox.env");
      await run("export TEE_CLUSTER_SANDBOX=1");
      await start("npx tee-cluster init --yes");
      await until(/5\/10/);
      await made("-runner-temp");
      type(CTRL_C);
      await finished();
      shot("One Ctrl-C, and what exists then");
      await run("npx tee-cluster status");
      shot("What there is");
      await run("npx tee-cluster init --yes");
      shot("The registry is reused");
    },
  },
  rotation: {
    title: "A rotation: the runner's compose file has changed",
    async play({ run, shot, copyCompose }) {
      copyCompose();
      await run("export TEE_CLUSTER_SANDBOX=1 TEE_CLUSTER_RUNNER_COMPOSE=runner.yml");
      await run("npx tee-cluster init --yes --quiet");
      await run("echo '# another version' >> runner.yml");
      await run("npx tee-cluster hash --check");
      shot("Before: new runners would be refused, and a pull request's check is red");
      await run("npx tee-cluster rotate-hash --plan");
      shot("What would change");
      await run("npx tee-cluster rotate-hash --yes --reason 'another version'");
      shot("The rotation");
      await run("npx tee-cluster hash --check --quiet && npx tee-cluster history");
      shot("Afterwards");
    },
  },
};

async function record(name) {
  const { title, play } = SCENARIOS[name];
  prepareHome();
  const session = openTerminal();
  try {
    await session.finished();
    await play(session);
    writeFileSync(path.join(TARGET, `${name}.cast`), session.cast(title));
    writeFileSync(path.join(TARGET, `${name}.txt`), session.text(title));
  } finally {
    await session.close();
    rmSync(HOME, { recursive: true, force: true });
  }
}

/** As npm would set them up, with the program and phala of this repository. */
function prepareHome() {
  if (existsSync(HOME)) throw new Error(`${HOME} is there already`);
  const bin = path.join(HOME, "bin");
  mkdirSync(path.join(HOME, "work"), { recursive: true });
  mkdirSync(bin);
  const program = `npm_command=exec exec ${process.execPath} ${path.join(ROOT, "bin/tee-cluster.js")}`;
  writeFileSync(path.join(bin, "npx"), `#!/bin/sh\nshift\n${program} "$@"\n`);
  chmodSync(path.join(bin, "npx"), 0o755);
}

function openTerminal() {
  const screen = new xterm.Terminal({ ...SIZE, scrollback: 5000, allowProposedApi: true });
  const env = {
    PATH: `${HOME}/bin:${process.env.PATH}`,
    HOME,
    TMPDIR: HOME,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    PS1: PROMPT,
  };
  const shell = spawn("bash", ["--norc", "--noprofile"], { ...SIZE, cwd: `${HOME}/work`, env });
  const began = Date.now();
  const events = [];
  const shots = [];
  let [lastByte, cut] = [began, 0];
  const exited = new Promise((resolve) => shell.onExit(resolve));
  shell.onData((data) => {
    lastByte = Date.now();
    events.push([(lastByte - began) / 1000, "o", data]);
    screen.write(data);
  });
  const lines = () => linesOf(screen.buffer.active);
  const until = async (holds, still = 0) => {
    const end = Date.now() + PATIENCE;
    while (!holds(lines()) || Date.now() - lastByte < still) {
      if (Date.now() > end) throw new Error(`waited in vain; the screen:\n${lines().join("\n")}`);
      await delay(20);
    }
  };
  const finished = () => until((all) => all.at(-1) === PROMPT.trimEnd(), STILL);
  const start = async (line) => {
    for (const key of line) {
      shell.write(key);
      await delay(TYPING_MS);
    }
    shell.write("\r");
    await delay(STILL);
  };
  return {
    start,
    finished,
    type: (key) => shell.write(key),
    until: (pattern) => until((all) => all.slice(cut).some((line) => pattern.test(line))),
    /** Until the sandbox has a CVM whose name ends so. */
    async made(name) {
      const text = readFileSync(path.join(HOME, "work/sandbox.env"), "utf8");
      const variable = (key) => new RegExp(`${key}='(.*)'`).exec(text)?.[1] ?? "";
      const headers = { "X-API-Key": variable("PHALA_API_KEY") };
      const url = `${variable("PHALA_API_URL")}/__sandbox/cloud`;
      while (!(await (await fetch(url, { headers })).text()).includes(name)) await delay(100);
    },
    async run(line) {
      await start(line);
      await finished();
    },
    shot(title) {
      const all = lines();
      const shown = all.at(-1) === PROMPT.trimEnd() ? all.slice(0, -1) : all;
      shots.push({ title, screen: shown.slice(cut).join("\n") });
      // A live line is drawn again: the next screen begins with it.
      cut = shown.length === all.length ? all.length - 1 : shown.length;
    },
    copyCompose() {
      const from = path.join(ROOT, "fixtures/compose/docker-compose.phala.runner.yml");
      shell.write(` cp ${from} runner.yml; clear\r`);
      events.length = 0;
    },
    cast(title) {
      const header = { version: 2, width: SIZE.cols, height: SIZE.rows, idle_time_limit: 2, title };
      const all = [header, ...events.map(([at, kind, data]) => [at, kind, impersonal(data)])];
      return withoutTraces(`${all.map((line) => JSON.stringify(line)).join("\n")}\n`);
    },
    text(title) {
      const parts = shots.map((one) => `## ${one.title}\n\n${impersonal(one.screen)}\n`);
      return withoutTraces(`# ${title}\n\n${parts.join("\n")}`);
    },
    async close() {
      shell.write("npx tee-cluster sandbox stop; exit\r");
      await Promise.race([exited, delay(20_000).then(() => shell.kill("SIGKILL"))]);
    },
  };
}

/** Where npm would have put the package. */
function impersonal(text) {
  return text
    .replaceAll(`${HOME}/work/`, "")
    .replaceAll(ROOT, "node_modules/tee-cluster")
    .replaceAll(HOME, "~")
    .replaceAll(`${userInfo().username} on ${hostname()}`, "demo on laptop");
}

function withoutTraces(text) {
  const traces = [ROOT, HOME, `on ${hostname()}`].filter((trace) => text.includes(trace));
  if (traces.length > 0) throw new Error(`the recording has ${traces.join(", ")} in it`);
  return text;
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SCENARIOS);
mkdirSync(TARGET, { recursive: true });
for (const name of names) {
  await record(name);
  process.stderr.write(`docs/recordings/${name}.cast and .txt\n`);
}
process.exit(0);
