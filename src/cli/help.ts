/** What `--help` prints, in short, and `--help-all`, of every option. Loaded for both, so it imports nothing heavy. */
import { CommanderError, Help, Option, type Command } from "commander";
import type { AnyCommand } from "../commands/shared/command.ts";
import { wrap } from "../lib/text.ts";
import { pathOf } from "../lib/docs-pages.ts";

/** Help is as wide as the terminal, within what can be read; of the usual width where there is none. */
const [HELP_COLUMNS, MAX_HELP_COLUMNS] = [80, 110] as const;
/** commander wraps nothing where less than this is left beside the flags. */
const MIN_TEXT = 24;

export const REQUIRED_TITLE = "Required:";
export const OWN_TITLE = "Options:";
export const OUTPUT_TITLE = "Output:";
/** In the short help, in place of the groups of inputs. */
const INPUTS_TITLE = "Inputs:";
const KEPT_TITLES: ReadonlySet<string> = new Set([REQUIRED_TITLE, OWN_TITLE, OUTPUT_TITLE]);

/** One of a command's own. */
export class ListedOption extends Option {
  /** Not in the short help. */
  rare = false;
}

export const HELP_ALL = "--help-all";

/** Of a command that has all its options. */
export function setUpHelp(command: Command, definition: AnyCommand): void {
  const { examples, notes = "", details = "", page } = definition;
  command.helpOption("-h, --help", "this text").description(definition.summary);
  const rare = command.options.filter(isRare).map(({ long, flags }) => long ?? flags);
  const isAsked = takeWholeHelp(command, { hidden: rare.length === 0 });
  const isWhole = rare.length === 0 ? () => true : isAsked;
  configureHelp(command, isWhole);
  const lines = examples.map((example) => `  tee-cluster ${example}`);
  if (lines.length > 0) command.addHelpText("before", ["Examples:", ...lines, ""].join("\n"));
  command.addHelpText("after", () => {
    const parts = isWhole() ? [notes, details] : [notes, moreOf(definition.name, rare)];
    const shown = parts.filter((part) => part !== "").map((part) => inWidth(part));
    return [...shown, ...(isWhole() ? [""] : []), `Documentation: ${pathOf(page)}`].join("\n");
  });
}

/** Every option is named, so that it is found by its name. */
function moreOf(name: string, options: readonly string[]): string {
  const columns = Math.min(process.stdout.columns || HELP_COLUMNS, HELP_COLUMNS);
  const names = wrap(options.join(", "), columns - 2).map((line) => `  ${line}`);
  return ["", "More options:", ...names, `What they do: tee-cluster ${name} ${HELP_ALL}`].join(
    "\n",
  );
}

const isRare = (option: Option): boolean => option instanceof ListedOption && option.rare;

/**
 * `--help-all`, also where `--help` has every option: hidden, it works as elsewhere and is not named.
 *
 * @returns whether it was asked for
 */
function takeWholeHelp(command: Command, { hidden }: { readonly hidden: boolean }): () => boolean {
  let asked = false;
  const option = new ListedOption(HELP_ALL, "every option, and its variable");
  option.rare = true;
  option.hidden = hidden;
  command.addOption(option.helpGroup(OUTPUT_TITLE));
  command.on("option:help-all", () => {
    asked = true;
    command.outputHelp();
    throw new CommanderError(0, "commander.helpDisplayed", "(outputHelp)");
  });
  return () => asked;
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

/** Variables are told of those only that must be given. */
function briefText(option: Option): string {
  const text = wholeText(option);
  if (option.helpGroupHeading === REQUIRED_TITLE) return text;
  return text.replace(/ \[env \w+(?:, ([^\]]*))?\]/, (_, rest = "") => rest && ` [${rest}]`);
}

/** A paragraph whose lines stay as they are. */
const LIST = /^ {2}/m;

/** Notes are written in lines of 80 cells; a terminal that is narrower would break them within words. */
export function inWidth(notes: string, columns = process.stdout.columns || HELP_COLUMNS): string {
  if (columns >= HELP_COLUMNS) return notes;
  const fit = (paragraph: string): string =>
    LIST.test(paragraph) ? paragraph : wrap(paragraph.replaceAll("\n", " "), columns).join("\n");
  const [, lead = "", text = ""] = /^(\n*)([^]*)$/.exec(notes) ?? [];
  return `${lead}${text.split("\n\n").map(fit).join("\n\n")}`;
}
