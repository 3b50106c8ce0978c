// Records a real run of the wizard against the sandbox into docs/wizard.txt. How: npm run build && node scripts/record-wizard.js
// What is written are the screens of a real terminal emulator, as plain text: nothing is made up. Only the
// folders of this machine are replaced by relative ones.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { linesOf } from "./lib/screen.js";

const ROOT = path.resolve(import.meta.dirname, "..");
/** ms that a prompt, or the end, may take to come up. */
const PATIENCE = 120_000;
/** ms without a byte after which a screen counts as complete. */
const STILL = 400;
const ENTER = "\r";
const ERASE_LINE = "\u0015";

/** What is waited for, what is typed then, and whether the screen is shown before that. */
const SCRIPT = [
  { prompt: "? Cluster name", keys: [ERASE_LINE, "Bird Tracker", ENTER] },
  {
    prompt: "> ",
    keys: [ERASE_LINE, "bird-tracker", ENTER],
    shown: "A wrong answer is reported at once",
  },
  { prompt: "? AWS access key ID", keys: [ENTER] },
  { prompt: "? AWS secret access key", keys: [ENTER], shown: "Secrets are not shown" },
  { prompt: "? AWS region", keys: [ENTER] },
  { prompt: "? Instance type", keys: [ENTER], shown: "What Phala has on offer, and what it means" },
  { prompt: "? Node", keys: [ENTER] },
  { prompt: "? Memory per model", keys: [ENTER] },
  { prompt: "? Orchestrator schema", keys: [ENTER] },
  { prompt: "? What now?", keys: [ENTER], shown: "The summary, and what will be paid for" },
];

async function record() {
  const folder = mkdtempSync(path.join(tmpdir(), "tee-cluster-recording-"));
  try {
    return await recordIn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function recordIn(folder) {
  const session = start(folder);
  const shots = [];
  let cut = 0;
  for (const { prompt, keys, shown } of SCRIPT) {
    await session.still((screen) => screen.includes(prompt));
    if (shown !== undefined) {
      const lines = session.lines();
      shots.push({ title: shown, screen: lines.slice(cut) });
      // The prompt's own lines are drawn anew once it is answered, so the next screen begins with it.
      cut = lines.findLastIndex((line) => line.startsWith("? "));
    }
    for (const key of keys) session.write(key);
  }
  const exitCode = await session.exit;
  const lines = session.lines();
  if (exitCode !== 0)
    throw new Error(`tee-cluster init ended with ${exitCode}:\n${lines.join("\n")}`);
  shots.push({ title: "Ten steps later", screen: lines.slice(cut) });
  return shots
    .map(({ title, screen }) => `# ${title}\n${relative(screen.join("\n"), folder).trimEnd()}\n`)
    .join("\n");
}

function start(folder) {
  const size = { cols: 160, rows: 50 };
  const terminal = new xterm.Terminal({ ...size, scrollback: 5000, allowProposedApi: true });
  const child = spawn(
    process.execPath,
    [path.join(ROOT, "bin/tee-cluster.js"), "init", "--sandbox"],
    {
      ...size,
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, TERM: "xterm-256color", LANG: "C.UTF-8" },
    },
  );
  let lastByte = Date.now();
  child.onData((data) => {
    lastByte = Date.now();
    terminal.write(data);
  });
  const exit = new Promise((resolve) => {
    child.onExit(({ exitCode }) => terminal.write("", () => resolve(exitCode)));
  });
  const lines = () => linesOf(terminal.buffer.active);
  return {
    lines,
    exit,
    write: (key) => child.write(key),
    async still(holds) {
      const end = Date.now() + PATIENCE;
      while (!holds(lines().join("\n")) || Date.now() - lastByte < STILL) {
        if (Date.now() > end) {
          child.kill("SIGKILL");
          throw new Error(`the prompt did not come up; the screen:\n${lines().join("\n")}`);
        }
        await delay(50);
      }
    },
  };
}

function relative(text, folder) {
  return text.replaceAll(`${ROOT}/`, "").replaceAll(`${folder}/`, "");
}

const recording = await record();
mkdirSync(path.join(ROOT, "docs"), { recursive: true });
writeFileSync(path.join(ROOT, "docs/wizard.txt"), recording);
