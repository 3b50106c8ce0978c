/** Prompts on stderr (stdout is the answer's). The only user of @inquirer/prompts. */
import { Interruption } from "../errors/cluster-error.ts";

export type Choice<T> = { readonly name: string; readonly value: T; readonly description?: string };

/** True, or what is wrong with the text: shown below the prompt, which stays open. */
export type Validate = (text: string) => true | string | Promise<true | string>;

export type Prompter = {
  /** `initial` is the answer where nothing is typed. */
  text(question: { message: string; initial?: string | undefined; validate: Validate }): Promise<string>;
  /** Nothing of what is typed is shown. */
  secret(question: { message: string; validate: Validate }): Promise<string>;
  choose<T>(question: { message: string; choices: readonly Choice<T>[]; initial?: T }): Promise<T>;
  confirm(question: { message: string; initial: boolean }): Promise<boolean>;
  print(text: string): void;
};

/** Loaded by the first question: most runs ask none. */
const inquirer = () => import("@inquirer/prompts");

export function terminalPrompter(signal: AbortSignal, print: (text: string) => void): Prompter {
  const context = { output: process.stderr, signal };
  return {
    text: ({ message, initial, validate }) =>
      interruptible(async () => {
        const { input } = await inquirer();
        return input({ message, validate, ...(initial === undefined ? {} : { default: initial }) }, context);
      }),
    // Without `toggleMask: false` a key (Ctrl-T) would put the secret on the screen, and into its scrollback.
    secret: ({ message, validate }) =>
      interruptible(async () => {
        const { password } = await inquirer();
        return password({ message, validate, mask: false, toggleMask: false }, context);
      }),
    choose: ({ message, choices, initial }) =>
      interruptible(async () => {
        const { select } = await inquirer();
        const start = initial === undefined ? {} : { default: initial };
        return select({ message, choices, ...start, pageSize: 12 }, context);
      }),
    confirm: ({ message, initial }) =>
      interruptible(async () => {
        const { confirm } = await inquirer();
        return confirm({ message, default: initial }, context);
      }),
    print,
  };
}

/** Ctrl-C at a prompt is inquirer's own error; to us it is the interruption that it is. */
async function interruptible<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "AbortPromptError" && (error as Error).cause instanceof Interruption)
      throw (error as Error).cause;
    if (name === "ExitPromptError" || name === "AbortPromptError") throw new Interruption("SIGINT");
    throw error;
  }
}
