/** Runs one command: output, signals, secrets, failures and exit code around it. */
import { ClusterError, Fault } from "../errors/cluster-error.ts";
import type { CommonFlags } from "../session/dependencies.ts";
import { renderAnswer } from "../commands/render.ts";
import type { FailureResult } from "../core/results.ts";
import { markedSecrets, refuseMalformedMarks } from "../core/marked-secrets.ts";
import { INPUTS } from "../inputs/definitions.ts";
import type { Raw } from "../inputs/resolve.ts";
import { Redactor } from "../core/redact.ts";
import { createReporter } from "../output/create-reporter.ts";
import type { Reporter } from "../output/reporter.ts";
import { systemClock } from "../platform/clock.ts";
import { Ledger } from "../workflow/mutations.ts";
import { createDependencies } from "./wire.ts";
import type { CommandDefinition, Options } from "../commands/shared/command.ts";
import type { CrashGuard } from "./crashes.ts";
import { watchEndings } from "./endings.ts";
import { EXIT_CODES, exitCodeOf, exitCodeOfFailure } from "./exit-codes.ts";

/** Where a program that crashed and does not end by itself is ended. */
const LINGER_MS = 2_000;

/** @returns the exit code. Never throws. */
export async function runCommand(
  command: CommandDefinition,
  options: Options,
  crashes: CrashGuard,
): Promise<number> {
  const { name } = command;
  const redactor = redactorOf(process.env);
  const Live = process.stderr.isTTY
    ? (await import("../output/interactive.ts")).InteractiveProgress
    : undefined;
  const reporter = reporterOf(options, redactor, Live);
  const ledger = new Ledger();
  const fail = (failure: ClusterError, made = ledger): number => {
    if (failure instanceof Fault) reportStack(failure, reporter);
    reporter.close();
    reporter.finish(failureOf(name, failure, made));
    return exitCodeOfFailure(failure, made.touched);
  };
  const endings = watchEndings(crashes, (reason) => void fail(reason));
  const { signal } = endings;
  const { dependencies, close } = createDependencies({ options, redactor, reporter, ledger, signal });
  try {
    refuseMalformedMarks(process.env);
    const result = await command.run(dependencies, flagsOf(options), options);
    const reason = endings.reason();
    if (reason instanceof Fault) return fail(reason);
    reporter.close();
    reporter.finish(result);
    return exitCodeOf(result);
  } catch (error) {
    return fail(endings.reason() ?? asFailure(error));
  } finally {
    endings.stop();
    // A crash after the answer: what stands on stdout stays one document.
    let told = endings.reason() instanceof Fault;
    const late = (error: unknown): void => {
      if (told) return;
      told = true;
      failAtExit();
      endSoon();
      fail(asFailure(error), new Ledger());
    };
    crashes.handOver(late);
    if (endings.reason() instanceof Fault) endSoon();
    await close().catch(late);
  }
}

/** Says a failure of which no run knows. @returns the exit code. */
export function reportFailure(name: string, options: Options, error: unknown): number {
  const failure = asFailure(error);
  const reporter = reporterOf(options, redactorOf(process.env));
  if (failure instanceof Fault) reportStack(failure, reporter);
  reporter.finish(failureOf(name, failure, new Ledger()));
  return exitCodeOfFailure(failure, false);
}

/** With --verbose, for whoever has to find out. */
function reportStack({ cause }: Fault, reporter: Reporter): void {
  if (cause instanceof Error && cause.stack) reporter.emit({ type: "detail", message: cause.stack });
}

/** What crashed may have left a timer or a connection behind that keeps the process. */
function endSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
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
  for (const secret of markedSecrets(env)) redactor.add(secret);
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
  const services = { redactor, render: renderAnswer, onAnswerLost: failAtExit, now: systemClock.now };
  return createReporter({ ...given, ...streams, ...services }, Live);
}

/** Whoever redirected the answer to a full disk must not take an empty file for one. Streams fail late. */
function failAtExit(): void {
  process.once("exit", () => {
    process.exitCode ||= EXIT_CODES.fault;
  });
}

const asFailure = (error: unknown): ClusterError =>
  error instanceof ClusterError ? error : new Fault(error);

function failureOf(command: string, failure: ClusterError, ledger: Ledger): FailureResult {
  const { code, message, hint = null, step = null } = failure;
  return {
    ok: false,
    command,
    error: { code, message, hint, step },
    left_behind: ledger.leftBehind(),
  };
}
