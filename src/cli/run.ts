/** Runs a command with redaction, reporter, signals, failures and exit code. */
import { serializerFor } from "../output/formats.ts";
import { Cancellation, ClusterError, InternalError } from "../errors/cluster-error.ts";
import type { CommonFlags } from "../session/dependencies.ts";
import type { AnyCommand } from "../commands/shared/command.ts";
import { pathOr, readFlags } from "../commands/shared/flags.ts";
import { markedSecrets, assertMarksWellFormed } from "../core/marked-secrets.ts";
import { INPUTS } from "../inputs/table.ts";
import type { Raw } from "../inputs/resolve.ts";
import { Redactor } from "../core/redact.ts";
import { Stopwatch } from "../core/stopwatch.ts";
import { createReporter } from "../output/create-reporter.ts";
import type { Reporter, ReporterOptions } from "../output/reporter.ts";
import { systemClock } from "../platform/clock.ts";
import { Ledger } from "../workflow/ledger.ts";
import { createDependencies } from "./wire.ts";
import type { Options } from "./program.ts";
import { EXIT_CODES } from "../errors/exit-codes.ts";
import { exitCodeOf, exitCodeOfFailure } from "./exit-codes.ts";
import {
  ignoredSignals,
  exitAfterGrace,
  watchShutdown,
  type CrashGuard,
  type Shutdown,
} from "./shutdown.ts";
import { invocationOf, isOn } from "./invocation.ts";
import type { UpdateNotice } from "./update-notice.ts";
import { failureOf } from "./failure-result.ts";
import { acknowledgement } from "./last-words.ts";

/** A run without changes usually stops at once; only a slower stop is acknowledged. */
const ACKNOWLEDGE_AFTER_MS = 250;
/** Timeout for closing connections and the sandbox. */
const CLOSING_MS = 5_000;

/** @param startedAt start of the program, monotonic ms. @returns the exit code. Never throws. */
export async function runCommand(
  command: AnyCommand,
  options: Options,
  crashes: CrashGuard,
  argv: readonly string[] = process.argv,
  startedAt: number = systemClock.monotonic(),
): Promise<number> {
  const redactor = redactorOf(process.env);
  const stopwatch = new Stopwatch(systemClock.monotonic, startedAt);
  const invocation = invocationOf(options, argv, process.env);
  const reporter = await reporterFor(command, { options, redactor, invocation, stopwatch });
  const ledger = new Ledger();
  const fail = (failure: ClusterError, made = ledger): number => {
    if (failure instanceof InternalError) reportStack(failure, reporter);
    reporter.close();
    reporter.finish(failureOf(command.name, failure, made, invocation));
    return exitCodeOfFailure(failure, made.touched);
  };
  const acknowledgements = acknowledging(ledger, reporter);
  const shutdown = watchShutdown(crashes, {
    onStop: acknowledgements.onStop,
    onForceExit: (reason) => void fail(reason),
    ignored: ignoredSignals(process.env),
  });
  const { signal } = shutdown;
  const { dependencies, close } = createDependencies({
    options,
    redactor,
    reporter,
    ledger,
    stopwatch,
    signal,
  });
  const update = await updateNotice(options);
  try {
    assertMarksWellFormed(process.env);
    const flags = { ...flagsOf(command, options), ...commonOf(command, options) };
    const result = await command.run({ ...dependencies, flags });
    const reason = shutdown.reason();
    if (reason instanceof InternalError) return fail(reason);
    reporter.close();
    reporter.finish(result);
    return exitCodeOf(result, command.notOk);
  } catch (error) {
    return fail(failureToReport(shutdown.reason(), error));
  } finally {
    shutdown.stop();
    acknowledgements.stop();
    const message = await update?.end();
    if (message !== undefined) reporter.emit({ type: "note", message });
    await closeRun(close, shutdown, crashes, (error) => fail(error, new Ledger()));
  }
}

/** Loaded only for a person at a terminal. */
async function updateNotice(options: Options): Promise<UpdateNotice | undefined> {
  const { env, stdout, stderr } = process;
  const wanted = options["json"] !== true && options["quiet"] !== true && !env["CI"];
  if (!wanted || !stdout.isTTY || !stderr.isTTY) return undefined;
  const [{ isUpdateNoticeOff, checkForUpdate }, { defaultStateDir }] = await Promise.all([
    import("./update-notice.ts"),
    import("../inputs/resolve.ts"),
  ]);
  if (isUpdateNoticeOff(env)) return undefined;
  const given = options["stateDir"] ?? env["TEE_CLUSTER_STATE_DIR"];
  return checkForUpdate(
    env,
    typeof given === "string" && given !== "" ? given : defaultStateDir(env),
  );
}

/** Reports a crash after the result once, on stderr: stdout stays one document. */
async function closeRun(
  close: () => Promise<void>,
  shutdown: Shutdown,
  crashes: CrashGuard,
  fail: (failure: ClusterError) => void,
): Promise<void> {
  let reported = shutdown.reason() instanceof InternalError;
  const late = (error: unknown): void => {
    if (reported) return;
    reported = true;
    failAtExit();
    exitAfterGrace();
    fail(asFailure(error));
  };
  crashes.handOver(late);
  if (shutdown.reason()) exitAfterGrace();
  const tooLong = new Promise<void>((resolve) => {
    setTimeout(resolve, CLOSING_MS).unref();
  });
  await Promise.race([close().catch(late), tooLong]);
}

/** Loads only what the output of this command needs. */
async function reporterFor(
  command: AnyCommand,
  given: Pick<ReporterOptions, "redactor" | "invocation"> & {
    readonly options: Options;
    readonly stopwatch: Stopwatch;
  },
): Promise<Reporter> {
  const Live = process.stderr.isTTY
    ? (await import("../output/interactive.ts")).InteractiveProgress
    : undefined;
  const { options, stopwatch, ...rest } = given;
  const [render, serialize] = await Promise.all([
    command.renderer(),
    serializerFor(options["format"]),
  ]);
  const timings = command.switches.includes("timings") ? () => stopwatch.report() : undefined;
  const { verbatim } = command;
  return reporterOf({ ...rest, options, render, Live, serialize, timings, verbatim });
}

/** Acknowledges a stop: at once if something must be deleted first. */
function acknowledging(
  ledger: Ledger,
  reporter: Reporter,
): { onStop(byKey: boolean): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const acknowledge = (byKey: boolean): void =>
    reporter.emit({ type: "cleanup", message: acknowledgement(ledger, byKey), urgent: true });
  return {
    onStop(byKey) {
      if (ledger.touched) return acknowledge(byKey);
      clearTimeout(timer);
      timer = setTimeout(() => acknowledge(byKey), ACKNOWLEDGE_AFTER_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Reports a failure outside of a run. @returns the exit code. */
export function reportFailure(
  name: string,
  options: Options,
  error: unknown,
  argv: readonly string[] = process.argv,
): number {
  const failure = asFailure(error);
  const invocation = invocationOf(options, argv, process.env);
  const redactor = redactorOf(process.env);
  const reporter = reporterOf({ options, redactor, invocation, render: () => [] });
  if (failure instanceof InternalError) reportStack(failure, reporter);
  reporter.finish(failureOf(name, failure, new Ledger(), invocation));
  return exitCodeOfFailure(failure, false);
}

/** Shown with --verbose. */
function reportStack({ cause }: InternalError, reporter: Reporter): void {
  if (cause instanceof Error && cause.stack)
    reporter.emit({ type: "detail", message: cause.stack });
}

/** The flags and the argument that only this command has. */
function flagsOf(command: AnyCommand, options: Options) {
  const argument = options["argument"];
  return {
    ...readFlags(command.flags, options),
    argument: typeof argument === "string" ? pathOr(argument, command.argument ?? {}) : undefined,
  };
}

function commonOf({ inputs: keys }: AnyCommand, options: Options): CommonFlags {
  const inputs: Raw = Object.fromEntries(
    keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
  );
  return {
    keys,
    inputs,
    json: options["json"] === true,
    config: options["config"] as string | undefined,
    sandbox: options["sandbox"] === true || isOn(process.env["TEE_CLUSTER_SANDBOX"]),
    dryRun: options["dryRun"] === true,
    strict: options["strict"] === true,
    adopt: options["adopt"] === true,
    yes: options["yes"] === true,
  };
}

/** Redacts the secrets of the environment from the start. */
function redactorOf(env: NodeJS.ProcessEnv): Redactor {
  const redactor = new Redactor();
  for (const { secret, variables } of INPUTS) {
    if (secret) for (const variable of variables) redactor.add(env[variable]);
  }
  for (const secret of markedSecrets(env)) redactor.add(secret);
  return redactor;
}

function reporterOf({
  options,
  Live,
  ...services
}: Pick<
  ReporterOptions,
  "redactor" | "render" | "serialize" | "invocation" | "timings" | "verbatim"
> & { readonly options: Options; readonly Live?: Parameters<typeof createReporter>[1] }): Reporter {
  const streams = { stdout: process.stdout, stderr: process.stderr };
  const given = {
    json: options["json"] === true,
    quiet: options["quiet"] === true,
    verbose: options["verbose"] === true,
    showTimings: options["timings"] === true,
    color: options["color"] !== false && !process.env["NO_COLOR"],
  };
  const hooks = { onResultLost: failAtExit, now: systemClock.now };
  return createReporter({ ...given, ...streams, ...services, ...hooks }, Live);
}

/** A result that could not be written (a full disk) must not exit with 0. Streams fail late. */
function failAtExit(): void {
  process.once("exit", () => {
    process.exitCode ||= EXIT_CODES.internal;
  });
}

const asFailure = (error: unknown): ClusterError =>
  error instanceof ClusterError ? error : new InternalError(error);

/** A question that a stop ended was cancelled; otherwise the reason of the stop takes precedence. */
function failureToReport(reason: ClusterError | undefined, thrown: unknown): ClusterError {
  const cancelled = thrown instanceof Cancellation && !(reason instanceof InternalError);
  return cancelled || !reason ? asFailure(thrown) : reason;
}
