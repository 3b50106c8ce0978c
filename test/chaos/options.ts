/** The command line of `npm run chaos`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { FAULT_NAMES, FAULTS, isFaultName, POINT_KINDS, type FaultName } from "./faults.ts";
import { SCENARIOS, scenarioOf } from "./scenarios.ts";
import type { Trial } from "./trial.ts";

const COMMANDS = SCENARIOS.map(({ name }) => name);

export const HELP = `npm run chaos -- [options]

  --command NAME   only this command (${COMMANDS.join(", ")}); may be repeated
  --fault NAME     only this fault (${FAULTS.map(([name]) => name).join(", ")}; of the whole run:
                   fault:NAME as for \`sandbox --fault\`, lie:NAME as for \`sandbox --lie\`); may be repeated
  --at KIND        only at points of this kind (${POINT_KINDS.join(", ")}); may be repeated
  --from N, --to N only these points, counted from 1
  --sample N       only so many trials, drawn by lot
  --seed N         of the lot (1)
  --minutes N      the trials in an order by lot; after so long no further one is begun
  --jobs N         trials side by side; the same number again for those that mostly sleep
  --out FILE       where the results are kept, and where a run that was cut off goes on
  --again          try those again that have a result
  --write          put the totals into docs/reliability.md, every point into docs/reliability-chaos.md
`;

export type Options = {
  readonly commands: readonly string[];
  readonly jobs: number;
  readonly sample: number | undefined;
  /** Infinite: until all is done. */
  readonly minutes: number;
  readonly seed: number;
  readonly out: string | undefined;
  readonly again: boolean;
  readonly write: boolean;
  readonly help: boolean;
  wants(trial: Trial): boolean;
};

/** @throws Error for what there is not. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      command: { type: "string", multiple: true, default: COMMANDS },
      fault: { type: "string", multiple: true, default: [...FAULT_NAMES] },
      at: { type: "string", multiple: true, default: [...POINT_KINDS] },
      from: { type: "string", default: "1" },
      to: { type: "string", default: "1000" },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      minutes: { type: "string" },
      jobs: { type: "string", default: String(3 * availableParallelism()) },
      out: { type: "string" },
      again: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const commands = values.command.map((name) => scenarioOf(name).name);
  const faults = new Set(values.fault.map(faultOf));
  const [from, to] = [number(values.from), number(values.to)];
  return {
    commands,
    jobs: number(values.jobs),
    sample: values.sample === undefined ? undefined : number(values.sample),
    minutes: values.minutes === undefined ? Number.POSITIVE_INFINITY : number(values.minutes),
    seed: number(values.seed),
    out: values.out,
    again: values.again,
    write: values.write,
    help: values.help,
    wants: ({ fault, at, point }) =>
      faults.has(fault) && values.at.includes(at) && point >= from && point <= to,
  };
}

/** The command line that repeats one trial. */
export function repeatCommand({ command, fault, at, point }: Trial): string {
  return `npm run chaos -- --again --command ${command} --fault ${fault} --at ${at} --from ${point} --to ${point}`;
}

function faultOf(name: string): FaultName {
  if (isFaultName(name)) return name;
  throw new Error(`no fault ${name}; there are: ${FAULT_NAMES.join(", ")}`);
}

function number(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`${text} is no number`);
}
