/** Checks of what was given: `doctor` goes on where a run would refuse its inputs, so it says what is wrong here. */
import {
  inputsIn,
  nameOfInput,
  type InputDefinition,
  type InputGroup,
  type InputKey,
} from "../inputs/table.ts";
import { command, hint } from "../core/command-hint.ts";
import type { Resolution } from "../inputs/resolve.ts";
import { missingForCluster, nameOfMissing } from "../inputs/required.ts";
import { contradictionsIn } from "../inputs/values.ts";
import { failed, passed, type Check, type DoctorFacts, type Outcome } from "./check.ts";

export const inputChecks: readonly Check<DoctorFacts>[] = [
  {
    id: "inputs",
    title: "Inputs",
    severity: "error",
    kind: "input",
    async run({ resolution, configProblem, cluster }) {
      const problems = [
        ...configFindings(configProblem),
        ...findingsOn(resolution, ["connection", "cluster"]),
      ];
      // Two inputs can be compared only where both are right.
      const contradictions = resolution.problems.length > 0 ? [] : contradictionsIn(cluster);
      const lacking = missingForCluster(cluster).map((input) =>
        failed(`missing: ${nameOfMissing(input)}`, howToGive(input)),
      );
      const findings = [
        ...problems,
        ...lacking,
        ...contradictions.map((text) => failed(text, "change one of the two")),
      ];
      return findings.length > 0 ? findings : passed(`cluster ${cluster.clusterName}`);
    },
  },
  {
    id: "aws-credentials",
    title: "AWS credentials",
    severity: "error",
    kind: "input",
    async run({ resolution }) {
      const findings = findingsOn(resolution, ["aws"]);
      if (findings.length > 0) return findings;
      const { awsAccessKeyId: id = "", awsRegion: region } = resolution.values;
      // A region alone could still be asked for in vain: only AWS knows whether the key is good.
      return passed(`${id.slice(0, 4)}…${id.slice(-4)}, long-lived, ${region}; AWS was not asked`);
    },
  },
];

function configFindings(problem: DoctorFacts["configProblem"]): Outcome[] {
  return problem === undefined ? [] : [failed(problem.message, problem.advice ?? "")];
}

function findingsOn(resolution: Resolution, groups: readonly InputGroup[]): Outcome[] {
  const keys = new Set<InputKey>(inputsIn(...groups));
  const wrong = resolution.problems.filter(({ input }) => keys.has(input.key));
  const missing = resolution.missing.filter(({ key }) => keys.has(key));
  return [
    ...wrong.map(({ message }) =>
      failed(message, hint`what each input takes: ${command("init", "--help-all")}`),
    ),
    ...missing.map((input) => failed(`missing: ${nameOfInput(input)}`, howToGive(input))),
  ];
}

function howToGive({ flag, placeholder, variables }: InputDefinition): string {
  const [variable] = variables;
  if (flag === undefined) return `export ${variable}=... (a secret has no flag)`;
  return variable === undefined
    ? `give --${flag} <${placeholder}>`
    : `give --${flag} <${placeholder}>, or export ${variable}=...`;
}
