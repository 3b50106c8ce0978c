/** The wizard of step 2: asks for what is missing or often changed, shows what comes of it, asks once. */
import { ClusterError, Interruption } from "../errors.ts";
import { isFile } from "./compose-candidates.ts";
import type { InputKey } from "./definitions.ts";
import type { Choice, Prompter } from "./prompts.ts";
import type { Resolution } from "./resolve.ts";
import type { ClusterInputs } from "./types.ts";
import { toClusterInputs } from "./values.ts";
import { changeable, costs, summary, type Answers, type Offers } from "./wizard-answers.ts";
import { ask, isComposeKey } from "./wizard-question.ts";

export type WizardOptions = {
  readonly resolution: Resolution;
  readonly offers: Offers;
  readonly prompter: Prompter;
  /** Checks the answers against the platform and the disk; undefined: all is well. */
  readonly verify: (inputs: ClusterInputs) => Promise<string | undefined>;
};

/** Asked also where they have a default; everything else is reached through "Change an answer". */
const ALWAYS_ASKED: readonly InputKey[] = [
  "clusterName",
  "awsAccessKeyId",
  "awsSecretAccessKey",
  "awsRegion",
  "instanceType",
  "node",
  "memoryPerModel",
];

/** Asked only where the default is no file. */
const ASKED_WITHOUT_FILE = ["registryCompose", "runnerCompose"] as const;

/** @throws Interruption when the operator cancels: nothing has been made. */
export async function runWizard(options: WizardOptions): Promise<ClusterInputs> {
  const { values, origins, variables } = options.resolution;
  let answers: Answers = { values, origins, variables };
  for (const key of [...ALWAYS_ASKED, ...ASKED_WITHOUT_FILE]) {
    if (await isOpen(key, answers)) answers = await ask(key, answers, options);
  }
  return settle(answers, options);
}

async function isOpen(key: InputKey, { values, origins }: Answers): Promise<boolean> {
  const open = origins[key] === undefined || origins[key] === "default";
  return open && !(isComposeKey(key) && (await isFile(values[key] ?? "")));
}

/** Summary, change, confirm. */
async function settle(start: Answers, options: WizardOptions): Promise<ClusterInputs> {
  const { prompter, offers } = options;
  let answers = start;
  for (;;) {
    const outcome = await review(answers, options);
    prompter.print(summary(answers, offers));
    prompter.print(`\n${"problem" in outcome ? outcome.problem : costs(outcome.inputs, offers, answers)}\n`);
    const action = await prompter.choose({ message: "What now?", choices: actions(outcome) });
    if (action === "cancel") throw new Interruption("SIGINT");
    if (action === "deploy" && "inputs" in outcome) return outcome.inputs;
    if (action === "change") {
      const key = await prompter.choose({ message: "Which answer?", choices: changeable(answers) });
      answers = await ask(key, answers, options);
    }
  }
}

type Review = { readonly inputs: ClusterInputs } | { readonly problem: string };

async function review(answers: Answers, options: WizardOptions): Promise<Review> {
  try {
    const inputs = toClusterInputs(answers.values);
    const problem = await options.verify(inputs);
    return problem === undefined ? { inputs } : { problem };
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "input")
      return { problem: `This must be changed first:\n  ${error.message.replaceAll("\n", "\n  ")}` };
    throw error;
  }
}

type Action = "deploy" | "change" | "again" | "cancel";

/** What is wrong may be a file, or a CVM: put right elsewhere, it need only be looked at again. */
function actions(outcome: Review): Choice<Action>[] {
  const change: Choice<Action> = { name: "Change an answer", value: "change" };
  const cancel: Choice<Action> = { name: "Cancel: nothing has been made", value: "cancel" };
  return "inputs" in outcome
    ? [{ name: "Deploy", value: "deploy" }, change, cancel]
    : [change, { name: "Check again", value: "again" }, cancel];
}
