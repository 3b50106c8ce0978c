/** `--help` in short, and `--help-all` with every option. Loaded for `--help`, so it imports nothing heavy. */
import { CommanderError, Help, Option, type Command } from "commander";
import type { AnyCommand } from "../commands/shared/command.ts";
import { wrap } from "../lib/text.ts";
import { pathOf } from "./docs-pages.ts";

/** Help is as wide as the terminal, up to a readable width. */
const [HELP_COLUMNS, MAX_HELP_COLUMNS] = [80, 110] as const;
/** commander does not wrap descriptions into fewer cells. */
const MIN_TEXT = 24;

export const REQUIRED_TITLE = "Required:";
export const OWN_TITLE = "Options:";
export const OUTPUT_TITLE = "Output:";
/** Replaces the groups of inputs in the short help. */
const INPUTS_TITLE = "Inputs:";
const KEPT_TITLES: ReadonlySet<string> = new Set([REQUIRED_TITLE, OWN_TITLE, OUTPUT_TITLE]);

export class ListedOption extends Option {
  /** Left out of the short help. */
  rare = false;
}

export const HELP_ALL = "--help-all";

/** @param command with all of its options */
export function setUpHelp(command: Command, definition: AnyCommand): void {
  const { examples, notes = "", details = "", page } = definition;
  command.helpOption("-h, --help", "this text").description(definition.summary);
  const rare = command.options.filter(isRare).map(({ long, flags }) => long ?? flags);
  const isRequested = addHelpAll(command, { hidden: rare.length === 0 });
  const isWhole = rare.length === 0 ? () => true : isRequested;
  configureHelp(command, isWhole);
  const lines = examples.map((example) => `  tee-cluster ${example}`);
  if (lines.length > 0) command.addHelpText("before", ["Examples:", ...lines, ""].join("\n"));
  command.addHelpText("after", () => {
    const parts = isWhole() ? [notes, details] : [notes, listRareOptions(definition.name, rare)];
    const shown = parts.filter((part) => part !== "").map((part) => inWidth(part));
    return [...shown, ...(isWhole() ? [""] : []), `Documentation: ${pathOf(page)}`].join("\n");
  });
}

/** Lists the omitted options by name, so that they can be found. */
function listRareOptions(name: string, options: readonly string[]): string {
  const columns = Math.min(process.stdout.columns || HELP_COLUMNS, HELP_COLUMNS);
  const names = wrap(options.join(", "), columns - 2).map((line) => `  ${line}`);
  return ["", "More options:", ...names, `What they do: tee-cluster ${name} ${HELP_ALL}`].join(
    "\n",
  );
}

const isRare = (option: Option): boolean => option instanceof ListedOption && option.rare;

/**
 * Adds `--help-all`; hidden if `--help` shows every option already.
 *
 * @returns a function that tells whether it was given
 */
function addHelpAll(command: Command, { hidden }: { readonly hidden: boolean }): () => boolean {
  let requested = false;
  const option = new ListedOption(HELP_ALL, "every option, and its variable");
  option.rare = true;
  option.hidden = hidden;
  command.addOption(option.helpGroup(OUTPUT_TITLE));
  command.on("option:help-all", () => {
    requested = true;
    command.outputHelp();
    throw new CommanderError(0, "commander.helpDisplayed", "(outputHelp)");
  });
  return () => requested;
}

function configureHelp(command: Command, isWhole: () => boolean): void {
  const standard = new Help();
  command.configureHelp({
    helpWidth: Math.min(process.stdout.columns || HELP_COLUMNS, MAX_HELP_COLUMNS),
    minWidthToWrap: MIN_TEXT,
    visibleOptions: (one) =>
      standard.visibleOptions(one).filter((option) => isWhole() || !isRare(option)),
    optionDescription: (option) => (isWhole() ? wholeText(option) : briefText(option)),
    groupItems: (all, visible, groupOf) =>
      standard.groupItems(all, visible, (item) => {
        const title = groupOf(item);
        return isWhole() || KEPT_TITLES.has(title) ? title : INPUTS_TITLE;
      }),
  });
}

function wholeText({ description, argChoices, defaultValue }: Option): string {
  const notes = [
    ...(argChoices ? [argChoices.join(", ")] : []),
    ...(typeof defaultValue === "string" ? [`default ${defaultValue}`] : []),
  ];
  return notes.length === 0 ? description : `${description} [${notes.join("; ")}]`;
}

/** Shows the variables of required options only. */
function briefText(option: Option): string {
  const text = wholeText(option);
  if (option.helpGroupHeading === REQUIRED_TITLE) return text;
  return text.replace(/ \[env \w+(?:, ([^\]]*))?\]/, (_, rest = "") => rest && ` [${rest}]`);
}

/** A paragraph that is not rewrapped. */
const LIST = /^ {2}/m;

/** Rewraps notes, which have lines of 80 cells, for a narrower terminal. */
export function inWidth(notes: string, columns = process.stdout.columns || HELP_COLUMNS): string {
  if (columns >= HELP_COLUMNS) return notes;
  const fit = (paragraph: string): string =>
    LIST.test(paragraph) ? paragraph : wrap(paragraph.replaceAll("\n", " "), columns).join("\n");
  const [, lead = "", text = ""] = /^(\n*)([^]*)$/.exec(notes) ?? [];
  return `${lead}${text.split("\n\n").map(fit).join("\n\n")}`;
}
