/** Runs one command: output, signals, secrets, failures and exit code around it. */
import { ClusterError, Interruption, messageOf } from "../errors.ts";
import type { CommonFlags } from "../commands/dependencies.ts";
import type { FailureResult } from "../commands/results.ts";
import { INPUTS } from "../inputs/definitions.ts";
import type { Raw } from "../inputs/resolve.ts";
import { Redactor } from "../redact.ts";
import { createReporter } from "../reporters/create-reporter.ts";
import type { Reporter } from "../reporters/reporter.ts";
import { systemClock } from "../workflow/clock.ts";
import { Ledger } from "../workflow/mutations.ts";
import { createDependencies } from "./dependencies.ts";
import type { CommandDefinition, Options } from "./command.ts";
import { EXIT_CODES, exitCodeOf, exitCodeOfFailure } from "./exit-codes.ts";
import { watchSignals } from "./signals.ts";

/** @returns the exit code. Never throws. */
export async function runCommand(command: CommandDefinition, options: Options): Promise<number> {
  const { name } = command;
  const redactor = redactorOf(process.env);
  const Live = process.stderr.isTTY
    ? (await import("../reporters/interactive.ts")).InteractiveProgress
    : undefined;
  const reporter = reporterOf(options, redactor, Live);
  const ledger = new Ledger();
  const signals = watchSignals((signal) => {
    reporter.close();
    reporter.finish(failureOf(name, new Interruption(signal), ledger));
  });
  const { dependencies, close } = createDependencies({
    options,
    redactor,
    reporter,
    ledger,
    signal: signals.signal,
  });
  try {
    const result = await command.run(dependencies, flagsOf(options), options);
    reporter.close();
    reporter.finish(result);
    return exitCodeOf(result);
  } catch (error) {
    const failure = signals.signal.aborted ? signals.signal.reason : error;
    reporter.close();
    reporter.finish(failureOf(name, failure, ledger));
    return exitCodeOfFailure(failure instanceof ClusterError ? failure.kind : "fault", ledger.touched);
  } finally {
    signals.stop();
    await close();
  }
}

/** Says a failure that came before any command ran. @returns the exit code. */
export function reportFailure(name: string, options: Options, error: ClusterError): number {
  reporterOf(options, redactorOf(process.env)).finish(failureOf(name, error, new Ledger()));
  return EXIT_CODES[error.kind];
}

function flagsOf(options: Options): CommonFlags {
  const inputs: Raw = Object.fromEntries(
    INPUTS.flatMap(({ key }) => (options[key] === undefined ? [] : [[key, options[key]]])),
  );
  return {
    inputs,
    config: options["config"] as string | undefined,
    sandbox: options["sandbox"] === true || isOn(process.env["TEE_CLUSTER_SANDBOX"]),
    dryRun: options["dryRun"] === true,
    strict: options["strict"] === true,
    adopt: options["adopt"] === true,
    yes: options["yes"] === true,
  };
}

const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["", "0", "false", "no"].includes(value);

/** Secrets of the environment are hidden before anything else happens. */
function redactorOf(env: NodeJS.ProcessEnv): Redactor {
  const redactor = new Redactor();
  for (const { secret, variables } of INPUTS) {
    if (secret) for (const variable of variables) redactor.add(env[variable]);
  }
  return redactor;
}

function reporterOf(
  options: Options,
  redactor: Redactor,
  Live?: Parameters<typeof createReporter>[1],
): Reporter {
  const streams = { stdout: process.stdout, stderr: process.stderr };
  const given = {
    json: options["json"] === true,
    quiet: options["quiet"] === true,
    verbose: options["verbose"] === true,
    color: options["color"] !== false && !process.env["NO_COLOR"],
  };
  const services = { redactor, onAnswerLost: failAtExit, now: systemClock.now };
  return createReporter({ ...given, ...streams, ...services }, Live);
}

/** Whoever redirected the answer to a full disk must not take an empty file for one. Streams fail late. */
function failAtExit(): void {
  process.once("exit", () => {
    process.exitCode ||= EXIT_CODES.fault;
  });
}

function failureOf(command: string, error: unknown, ledger: Ledger): FailureResult {
  const known = error instanceof ClusterError ? error : undefined;
  return {
    ok: false,
    command,
    error: {
      code: known?.code ?? "fault",
      message: known ? known.message : `tee-cluster failed in a way it should not: ${messageOf(error)}`,
      hint:
        (known ? known.hint : "please report it, with the output of the same command and --verbose") ?? null,
      step: known?.step ?? null,
    },
    left_behind: ledger.leftBehind(),
  };
}
