/** The built program in a pseudo-terminal: keys in, and the screen as a person would see it. */
import { setTimeout as delay } from "node:timers/promises";
import xterm from "@xterm/headless";
import { expect, onTestFinished } from "vitest";
import { PROGRAM, type World } from "./program.ts";
import { startOnPty } from "./pty.ts";

const ROWS = 60;
const COLUMNS = 180;
/** ms that a text may take to come up. */
const PATIENCE = 120_000;

export const KEYS = {
  enter: "\r",
  up: "\u001b[A",
  down: "\u001b[B",
  interrupt: "\u0003",
  eraseLine: "\u0015",
} as const;

export type TerminalSession = {
  /** Every byte that the program wrote, escape sequences included. */
  readonly bytes: () => string;
  /** All lines, those that scrolled away included, without trailing blanks. */
  screen(): string;
  /** What a person sees of it now. */
  visible(): string;
  /** Types keys, one after the other as a person does. */
  type(...keys: string[]): void;
  /** Waits until the text stands somewhere. @returns all lines. */
  see(text: string | RegExp): Promise<string>;
  /** The same, then types. */
  answer(prompt: string | RegExp, ...keys: string[]): Promise<string>;
  cursorVisible(): boolean;
  /** Closes the terminal, as a lost connection does. */
  hangUp(): void;
  signal(name: NodeJS.Signals): void;
  readonly exit: Promise<number>;
};

export type TerminalOptions = {
  readonly columns?: number;
  readonly rows?: number;
  /** Shows afterwards in which state the program left the terminal. */
  readonly thenStty?: boolean;
  /** What to run in the program's place: something that starts it. */
  readonly command?: readonly string[];
};

/** Starts the program as a person would who has the world's environment, on a terminal and outside CI. */
export function startInTerminal(
  world: World,
  args: readonly string[],
  change: Readonly<Record<string, string | undefined>> = {},
  { columns = COLUMNS, rows = ROWS, thenStty = false, command }: TerminalOptions = {},
): TerminalSession {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    scrollback: 5000,
    allowProposedApi: true,
  });
  let ended = false;
  const pty = startOnPty(command ?? [process.execPath, PROGRAM, ...args], {
    folder: world.folder,
    env: { ...world.env, CI: undefined, TERM: "xterm-256color", LANG: "C.UTF-8", ...change },
    columns,
    rows,
    ...(thenStty && { afterwards: "stty -a" }),
    onData: (text) => terminal.write(text),
  });
  const exit = pty.exit.then(async (code) => {
    // What was written last may still be on its way through the emulator.
    await new Promise<void>((resolve) => {
      terminal.write("", resolve);
    });
    ended = true;
    return code;
  });
  onTestFinished(() => {
    pty.close();
    terminal.dispose();
  });
  const screen = (): string => textOf(terminal);
  const see = (text: string | RegExp): Promise<string> => waitFor(screen, text, () => ended);
  const type = (...keys: string[]): void => {
    for (const key of keys) pty.write(key);
  };
  return {
    bytes: pty.bytes,
    screen,
    visible: () => screen().split("\n").slice(-rows).join("\n"),
    type,
    see,
    async answer(prompt, ...keys) {
      const shown = await see(prompt);
      type(...keys);
      return shown;
    },
    cursorVisible: () =>
      pty.bytes().lastIndexOf("\u001b[?25h") >= pty.bytes().lastIndexOf("\u001b[?25l"),
    hangUp: () => pty.signal("SIGHUP"),
    signal: pty.signal,
    exit,
  };
}

/** A line that the terminal broke at its edge is one line here: where it breaks hangs on how long a path is. */
function textOf(terminal: InstanceType<typeof xterm.Terminal>): string {
  const buffer = terminal.buffer.active;
  const lines: string[] = [];
  for (let index = 0; index < buffer.length; index += 1) {
    const line = buffer.getLine(index);
    const text = line?.translateToString(false) ?? "";
    if (line?.isWrapped) lines.push(`${lines.pop() ?? ""}${text}`);
    else lines.push(text);
  }
  return lines
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
}

async function waitFor(
  screen: () => string,
  text: string | RegExp,
  ended: () => boolean,
): Promise<string> {
  const start = Date.now();
  for (;;) {
    const last = ended();
    const shown = screen();
    if (typeof text === "string" ? shown.includes(text) : text.test(shown)) return shown;
    if (last || Date.now() - start > PATIENCE) {
      throw new Error(
        `${String(text)} did not come up${last ? " before the end" : ""}; the screen:\n${shown}`,
      );
    }
    await delay(20);
  }
}

/** After the program, with `thenStty`: the cursor is there, lines are edited and echoed, Ctrl-C is a signal. */
export function expectGivenBack(session: TerminalSession): void {
  expect(session.cursorVisible()).toBe(true);
  expect(session.screen()).toMatch(/(?<!-)\bisig (?:.*\s)?(?<!-)icanon /);
  expect(session.screen()).toMatch(/(?<!-)\becho /);
}
