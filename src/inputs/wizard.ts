/** The wizard of step 2: asks for missing and often changed inputs, shows a summary, and asks for confirmation. */
import { Cancellation, ClusterError } from "../errors/cluster-error.ts";
import { isFile } from "./compose-candidates.ts";
import type { InputKey } from "./table.ts";
import type { Choice, Prompter } from "./prompts.ts";
import { missingForCluster } from "./required.ts";
import { isGiven, type Answers } from "./resolve.ts";
import type { ClusterInputs } from "../core/settings.ts";
import { toClusterInputs } from "./values.ts";
import { changeable, summary, type Offers } from "./wizard-answers.ts";
import {
  describeOutlook,
  describeTakeOver,
  type ExistingRegistry,
  type Outlook,
} from "./wizard-outlook.ts";
import { ask, askFor, isComposeKey, type ComposeKey } from "./wizard-question.ts";

export type WizardOptions = {
  /** What a run begins with: given, or a default. */
  readonly start: Answers;
  readonly offers: Offers;
  readonly prompter: Prompter;
  /** Nothing follows but the plan (`--dry-run`). */
  readonly planOnly: boolean;
  /** Where the answers can be kept for another time; undefined: there is a file already. */
  readonly saveTo: string | undefined;
  /** Returns the flags of what it left out, since it may hold a key. */
  readonly save: (answers: Answers, file: string) => Promise<readonly string[]>;
  /** Writes the template of a compose file where no other is named. @returns its path. */
  readonly writeTemplate: (key: ComposeKey) => Promise<string>;
  /** Fills in what the cluster of that name was given before, where the answers have nothing but a default. */
  readonly complete: (answers: Answers) => Promise<Answers>;
  /** Said at the name, before anything else is asked. */
  readonly nameProblem: (name: string) => Promise<string | undefined>;
  /** Checks the answers against the platform and the disk; `takeOver`: app_id of a registry that may be taken over. */
  readonly verify: (
    inputs: ClusterInputs,
    takeOver: string | undefined,
    origins: Answers["origins"],
  ) => Promise<Verdict>;
};

export type Verdict = Outlook & {
  /** All problems of the answers; undefined if there are none. */
  readonly problem: string | undefined;
};

export type WizardResult = {
  readonly inputs: ClusterInputs;
  readonly origins: Answers["origins"];
  /** The app_id of the registry that the operator chose to take over; that one, and no other. */
  readonly takeOver: string | undefined;
};

/** Asked also where they have a default; everything else is reached through "Change an answer". */
const ALWAYS_ASKED: readonly InputKey[] = [
  "clusterName",
  "awsAccessKeyId",
  "awsSecretAccessKey",
  "awsRegion",
  "instanceType",
  "node",
  "memoryPerModelMb",
  "orchestratorSchema",
];

/** Asked only where the default is no file. */
const ASKED_WITHOUT_FILE = ["registryCompose", "runnerCompose"] as const;

/** Inputs that other inputs depend on. */
const DECIDING: ReadonlySet<InputKey> = new Set([
  "clusterName",
  "orchestratorSchema",
  "orchestratorConfig",
  "registryEnv",
]);

/** @throws Cancellation when the operator cancels: nothing has been made. */
export async function runWizard(options: WizardOptions): Promise<WizardResult> {
  let answers = await withFreeName(await options.complete(options.start), options);
  // Whoever has no compose files yet need not answer anything else first.
  for (const key of [...ASKED_WITHOUT_FILE, ...ALWAYS_ASKED]) {
    if (await isOpen(key, answers)) answers = await askAndComplete(key, answers, options);
  }
  return settle(await askRequired(answers, options), options);
}

/** Asks for a given name again if the platform has a problem with it. */
async function withFreeName(answers: Answers, options: WizardOptions): Promise<Answers> {
  const { clusterName } = answers.values;
  if (clusterName === undefined || !isGiven(answers, "clusterName")) return answers;
  const problem = await options.nameProblem(clusterName);
  if (problem === undefined) return answers;
  options.prompter.print(problem);
  return askAndComplete("clusterName", answers, options);
}

async function isOpen(key: InputKey, answers: Answers): Promise<boolean> {
  if (isGiven(answers, key)) return false;
  return !(isComposeKey(key) && (await isFile(answers.values[key] ?? "")));
}

async function askAndComplete(
  key: InputKey,
  answers: Answers,
  options: WizardOptions,
): Promise<Answers> {
  const next = await ask(key, answers, options);
  return next !== answers && DECIDING.has(key)
    ? options.complete(typedOver(options.start, next))
    : next;
}

/** The start with what was typed since: nothing stays that was filled in for another name or schema. */
function typedOver(start: Answers, { values, origins }: Answers): Answers {
  const keys = Object.keys(origins) as InputKey[];
  const own = keys.filter((key) => origins[key] === "prompt");
  const typed = Object.fromEntries(own.map((key) => [key, values[key]]));
  return {
    ...start,
    values: { ...start.values, ...typed },
    origins: { ...start.origins, ...Object.fromEntries(own.map((key) => [key, origins[key]])) },
  };
}

/** What only the chosen schema or a further variable requires, and nobody gave. */
async function askRequired(start: Answers, options: WizardOptions): Promise<Answers> {
  let answers = start;
  for (const input of missingForCluster(start.values))
    answers = await askFor(input, answers, options);
  return answers;
}

/** Summary, change, confirm. */
async function settle(start: Answers, options: WizardOptions): Promise<WizardResult> {
  const { prompter, offers } = options;
  let answers = start;
  let takeOver: string | undefined;
  for (;;) {
    const outcome = await review(answers, takeOver, options);
    const choices = actions(outcome, options);
    const rows = choices.length + MENU_ROWS;
    const whole = `${summary(answers, offers)}\n\n${outcome.text}\n`;
    const brief = `${summary(answers, offers, true)}\n${outcome.text}`;
    await prompter.show(prompter.fits(whole, rows) ? whole : brief, rows);
    const action = await prompter.choose({ message: "What now?", choices });
    if (action === "cancel") throw new Cancellation();
    if (action === "save") await saveAndLeave(answers, options);
    if (action === "deploy" && "inputs" in outcome)
      return { inputs: outcome.inputs, origins: answers.origins, takeOver };
    if (action === "take-over" && "foreign" in outcome)
      takeOver = outcome.foreign?.appId ?? undefined;
    if (action === "change") {
      const key = await prompter.choose({ message: "Which answer?", choices: changeable(answers) });
      if (key === undefined) continue;
      answers = await askRequired(await askAndComplete(key, answers, options), options);
    }
  }
}

/** Of a list below its question: an empty line, the keys, and the line above. */
const MENU_ROWS = 4;

async function saveAndLeave(
  answers: Answers,
  { saveTo = "", save }: WizardOptions,
): Promise<never> {
  throw new Cancellation(saveTo, await save(answers, saveTo));
}

type Review =
  | {
      readonly text: string;
      readonly inputs: ClusterInputs;
      readonly registry: ExistingRegistry | undefined;
    }
  /** `foreign`: a registry that is in the way, and can be taken over. */
  | { readonly text: string; readonly foreign: ExistingRegistry | undefined };

async function review(
  answers: Answers,
  takeOver: string | undefined,
  options: WizardOptions,
): Promise<Review> {
  try {
    const inputs = toClusterInputs(answers.values);
    const verdict = await options.verify(inputs, takeOver, answers.origins);
    const { problem, registry } = verdict;
    if (problem === undefined)
      return { text: describeOutlook(verdict, inputs, options.offers, answers), inputs, registry };
    const foreign =
      registry?.ownership === "foreign" && registry.appId !== null ? registry : undefined;
    return { text: foreign ? `${problem}\n\n${describeTakeOver(foreign)}` : problem, foreign };
  } catch (error) {
    if (!(error instanceof ClusterError) || error.kind !== "input") throw error;
    const text = `This must be changed first:\n  ${error.message.replaceAll("\n", "\n  ")}`;
    return { text, foreign: undefined };
  }
}

type Action = "deploy" | "change" | "take-over" | "again" | "save" | "cancel";

/** What is wrong may be a file, or a CVM: put right elsewhere, it need only be looked at again. */
function actions(
  outcome: Review,
  { planOnly, saveTo }: Pick<WizardOptions, "planOnly" | "saveTo">,
): Choice<Action>[] {
  const change: Choice<Action> = { name: "Change an answer", value: "change" };
  const save: Choice<Action>[] =
    saveTo === undefined
      ? []
      : [{ name: `Save to ${saveTo}, without secrets, and leave`, value: "save" }];
  const leave: Choice<Action>[] = [
    ...save,
    { name: "Cancel: nothing has been created", value: "cancel" },
  ];
  if ("inputs" in outcome) {
    const name = planOnly ? "Show the plan: nothing is made" : goOn(outcome.registry);
    return [{ name, value: "deploy" }, change, ...leave];
  }
  const { foreign } = outcome;
  const take: Choice<Action>[] =
    foreign === undefined ? [] : [{ name: `Take over ${foreign.name}`, value: "take-over" }];
  return [change, ...take, { name: "Check again", value: "again" }, ...leave];
}

function goOn(registry: ExistingRegistry | undefined): string {
  if (registry === undefined) return "Deploy";
  return registry.ownership === "adopted" ? "Take over and update" : "Update what differs";
}
