/** Prompts on stderr (stdout is the answer's). The only user of @inquirer/prompts, loaded with the first question. */
import { Interruption } from "../errors.ts";

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

type Inquirer = typeof import("@inquirer/prompts");

export function terminalPrompter(signal: AbortSignal, print: (text: string) => void): Prompter {
  const context = { output: process.stderr, signal };
  const ask = async <T>(question: (inquirer: Inquirer) => Promise<T>): Promise<T> =>
    interruptible(question(await import("@inquirer/prompts")));
  return {
    text: ({ message, initial, validate }) =>
      ask(({ input }) =>
        input({ message, validate, ...(initial === undefined ? {} : { default: initial }) }, context),
      ),
    // Without `toggleMask: false` a key (Ctrl-T) would put the secret on the screen, and into its scrollback.
    secret: ({ message, validate }) =>
      ask(({ password }) => password({ message, validate, mask: false, toggleMask: false }, context)),
    choose: ({ message, choices, initial }) =>
      ask(({ select }) =>
        select(
          { message, choices, ...(initial === undefined ? {} : { default: initial }), pageSize: 12 },
          context,
        ),
      ),
    confirm: ({ message, initial }) => ask(({ confirm }) => confirm({ message, default: initial }, context)),
    print,
  };
}

/** Ctrl-C at a prompt is inquirer's own error; to us it is the interruption that it is. */
async function interruptible<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "AbortPromptError" && (error as Error).cause instanceof Interruption)
      throw (error as Error).cause;
    if (name === "ExitPromptError" || name === "AbortPromptError") throw new Interruption("SIGINT");
    throw error;
  }
}
