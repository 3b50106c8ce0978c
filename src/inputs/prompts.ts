/** Prompts on stderr (stdout is the answer's). The only user of @inquirer/prompts. */
import { styleText } from "node:util";
import { Cancellation, Interruption } from "../errors/cluster-error.ts";
import { questionTheme, shortChoices } from "./question-theme.ts";

/** `short` is what stays of it once it is chosen; the name, where there is none. */
export type Choice<T> = {
  readonly name: string;
  readonly short?: string;
  readonly value: T;
  readonly description?: string;
};

/** True, or what is wrong with the text: shown below the prompt, which stays open. */
export type Validate = (text: string) => true | string | Promise<true | string>;

export type Prompter = {
  /** `initial` is the answer where nothing is typed. */
  text(question: {
    message: string;
    initial?: string | undefined;
    validate: Validate;
  }): Promise<string>;
  /** Nothing of what is typed is shown. */
  secret(question: { message: string; validate: Validate }): Promise<string>;
  choose<T>(question: { message: string; choices: readonly Choice<T>[]; initial?: T }): Promise<T>;
  confirm(question: { message: string; initial: boolean }): Promise<boolean>;
  print(text: string): void;
  /** Whether the text leaves so many rows of the terminal for what is asked below it. */
  fits(text: string, reserved: number): boolean;
  /** Prints it, in pages where it does not fit. */
  show(text: string, reserved: number): Promise<void>;
};

/** How much of the terminal a text takes. */
export type Pager = {
  print(text: string): void;
  /** As it is printed, line by line. */
  lines(text: string): readonly string[];
  rows(): number;
};

type Context = { readonly output: NodeJS.WriteStream; readonly signal: AbortSignal };

/** Below a page that is not the last one. */
const MORE = "Enter for the rest";
const MORE_ROWS = 2;

const columns = (): number => process.stderr.columns || 80;

const HIDE_CURSOR = "\u001B[?25l";

/** Neither a secret nor its length is shown; the cursor, which would tell it, comes back with the answer. */
const concealed = (_secret: string, { isFinal }: { isFinal: boolean }): string =>
  isFinal ? "" : `${styleText("dim", "[input is masked]")}${HIDE_CURSOR}`;

/** Loaded by the first question: most runs ask none. */
const inquirer = () => import("@inquirer/prompts");

export function terminalPrompter(signal: AbortSignal, pager: Pager): Prompter {
  const fits = (text: string, reserved: number): boolean =>
    pager.lines(text).length <= pager.rows() - reserved;
  const confirm: Prompter["confirm"] = ({ message, initial }) =>
    answered(signal, async (context) => {
      const prompts = await inquirer();
      const theme = questionTheme(columns(), initial ? "Y/n" : "y/N");
      return prompts.confirm({ message, default: initial, theme }, context);
    });
  return {
    confirm,
    fits,
    async show(text, reserved) {
      let rest = pager.lines(text);
      while (!fits(rest.join("\n"), reserved)) {
        const page = Math.max(1, Math.min(pager.rows() - MORE_ROWS, rest.length - 1));
        pager.print(rest.slice(0, page).join("\n"));
        rest = rest.slice(page);
        await answered(signal, async (context) =>
          (await inquirer()).input({ message: MORE }, { ...context, clearPromptOnDone: true }),
        );
      }
      pager.print(rest.join("\n"));
    },
    text: ({ message, initial, validate }) =>
      answered(signal, async (context) => {
        const { input } = await inquirer();
        const theme = questionTheme(columns(), initial);
        return input(
          { message, validate, theme, ...(initial === undefined ? {} : { default: initial }) },
          context,
        );
      }),
    // Not inquirer's `password`: it keeps a refused secret, unseen, and the next one would be typed behind it.
    secret: ({ message, validate }) =>
      answered(signal, async (context) => {
        const { input } = await inquirer();
        const theme = { ...questionTheme(columns()), validationFailureMode: "clear" } as const;
        return input({ message, validate, theme, transformer: concealed }, context);
      }),
    choose: ({ message, choices, initial }) =>
      answered(signal, async (context) => {
        const { select } = await inquirer();
        const start = initial === undefined ? {} : { default: initial };
        const shown = shortChoices(choices, columns());
        const theme = questionTheme(columns());
        return select({ message, choices: shown, theme, ...start, pageSize: 12 }, context);
      }),
    print: (text) => pager.print(text),
  };
}

/** End of input is no answer: every way out of a question but an answer is a cancellation. */
async function answered<T>(signal: AbortSignal, ask: (context: Context) => Promise<T>): Promise<T> {
  const input = watchInput();
  try {
    return await ask({ output: process.stderr, signal: AbortSignal.any([signal, input.closed]) });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "ExitPromptError") throw new Cancellation();
    if (name === "AbortPromptError")
      throw asCancellation(signal.aborted ? signal.reason : undefined);
    throw error;
  } finally {
    input.release();
  }
}

/** A signal that a key or a closed terminal sends is the operator's; a crash or SIGTERM is what it is. */
function asCancellation(reason: unknown): unknown {
  const ended =
    reason instanceof Interruption ? reason.signalName === "SIGTERM" : reason !== undefined;
  return ended ? reason : new Cancellation();
}

/** Notices that no answer can come: Ctrl-D, a pipe that ended, a terminal that is gone. */
function watchInput(): { readonly closed: AbortSignal; release(): void } {
  const { stdin } = process;
  const controller = new AbortController();
  let continued = false;
  const onClose = (): void => {
    // readline pauses its input when it is closed, and also when the process is continued after Ctrl-Z.
    if (!continued) controller.abort();
  };
  const onContinue = (): void => {
    continued = true;
    setImmediate(() => {
      continued = false;
      stdin.resume();
    });
  };
  for (const event of CLOSING) stdin.on(event, onClose);
  process.on("SIGCONT", onContinue);
  return {
    closed: controller.signal,
    release() {
      for (const event of CLOSING) stdin.removeListener(event, onClose);
      process.removeListener("SIGCONT", onContinue);
    },
  };
}

const CLOSING = ["end", "close", "error", "pause"] as const;
