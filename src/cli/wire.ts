/** The composition root: creates the real adapters. */
import path from "node:path";
import type { CommandDependencies, SandboxHandle } from "../session/dependencies.ts";
import { terminalPrompter, type Pager, type Prompter } from "../inputs/prompts.ts";
import type { Raw } from "../inputs/resolve.ts";
import { proxyRoute } from "../platform/net/proxy.ts";
import type { Clock } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { Stopwatch } from "../core/stopwatch.ts";
import { once } from "../lib/once.ts";
import { stripControls } from "../output/clean.ts";
import { reflow } from "../output/reflow.ts";
import type { Reporter } from "../output/reporter.ts";
import { systemClock } from "../platform/clock.ts";
import type { Ledger } from "../workflow/ledger.ts";
import { bundledPhala, PACKAGE_ROOT } from "./package-files.ts";
import type { Options } from "./program.ts";

type WireOptions = {
  readonly options: Options;
  readonly redactor: Redactor;
  readonly reporter: Reporter;
  readonly ledger: Ledger;
  readonly stopwatch: Stopwatch;
  readonly signal: AbortSignal;
};

export function createDependencies(wireOptions: WireOptions): {
  dependencies: CommandDependencies;
  close(): Promise<void>;
} {
  const { options, redactor, reporter, ledger, stopwatch, signal } = wireOptions;
  const clock = timedClock(stopwatch);
  const closers: (() => Promise<void>)[] = [];
  // Expensive to load, and many commands do not use it.
  const cloud = once(async () => {
    const { createCloudAdapters } = await import("./wire-cloud.ts");
    const adapters = createCloudAdapters({
      env: process.env,
      clock,
      reporter,
      redactor,
      stopwatch,
      ledger,
      preload: path.join(PACKAGE_ROOT, "dist", "phala-preload.mjs"),
    });
    closers.push(() => adapters.close());
    return adapters;
  });
  const dependencies: CommandDependencies = {
    env: process.env,
    clock,
    stopwatch,
    signal,
    emit: (event) => {
      stopwatch.observe(event);
      reporter.emit(event);
    },
    update: (result, changed) => reporter.update(result, changed),
    line: (text) => reporter.line(text),
    publish: (result) => reporter.finish(result),
    redactor,
    ledger,
    connect: async (connection, { ownPhala = true } = {}) => {
      const { phalaBin } = connection;
      const bin = ownPhala && phalaBin === ANY_PHALA ? (bundledPhala() ?? phalaBin) : phalaBin;
      return (await cloud()).connect({ ...connection, phalaBin: bin });
    },
    attestationSources: async (from) => (await cloud()).attestationSources(from),
    proxyRoute: (url) => proxyRoute(url, process.env),
    startSandbox: async (stateDir) => {
      const { handle, close } = await embeddedSandbox(stateDir);
      closers.push(close);
      return handle;
    },
    sandboxExamples,
    prompter: mayPrompt(options)
      ? pausing(terminalPrompter(signal, pagerOn(process.stderr, redactor)), reporter, stopwatch)
      : undefined,
  };
  return {
    dependencies,
    async close() {
      for (const close of closers) await close();
    },
  };
}

/** Counts sleeping, between polls and retries, as waiting for the cloud. */
function timedClock(stopwatch: Stopwatch): Clock {
  const sleep: Clock["sleep"] = (...how) =>
    stopwatch.measure("cloud", () => systemClock.sleep(...how));
  return { ...systemClock, sleep };
}

/** Never with --yes, with CI set, or unless stdin and stderr are terminals. */
function mayPrompt(options: Options): boolean {
  if (options["yes"] === true || options["json"] === true || process.env["CI"]) return false;
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Removes secrets and control sequences: the wizard shows text of the platform. */
function pagerOn(terminal: NodeJS.WriteStream, redactor: Redactor): Pager {
  const lines = (text: string): readonly string[] => {
    // First as a whole: a line in the middle of a secret is not recognizable.
    const whole = redactor.redact(text);
    const clean = whole.split("\n").map((line) => redactor.redact(stripControls(line)));
    return reflow(clean.join("\n"), terminal.columns || 80).split("\n");
  };
  return {
    lines,
    rows: () => terminal.rows || 24,
    print: (text) => terminal.write(`${lines(text).join("\n")}\n`),
  };
}

/** Pauses the live line during prompts. */
function pausing(prompter: Prompter, reporter: Reporter, stopwatch: Stopwatch): Prompter {
  const alone = async <T>(ask: () => Promise<T>): Promise<T> => {
    reporter.pause();
    try {
      return await stopwatch.measure("operator", ask);
    } finally {
      reporter.resume();
    }
  };
  return {
    text: (question) => alone(() => prompter.text(question)),
    secret: (question) => alone(() => prompter.secret(question)),
    choose: (question) => alone(() => prompter.choose(question)),
    confirm: (question) => alone(() => prompter.confirm(question)),
    fits: (text, reserved) => prompter.fits(text, reserved),
    show: (text, reserved) => alone(() => prompter.show(text, reserved)),
    print(text) {
      reporter.pause();
      prompter.print(text);
      reporter.resume();
    },
  };
}

/** The default of `--phala-bin`. */
const ANY_PHALA = "phala";

async function sandboxExamples(): Promise<Raw> {
  const { SANDBOX_EXAMPLES } = await import("../sandbox/index.ts");
  const template = path.join(PACKAGE_ROOT, "fixtures", "compose", "docker-compose.phala");
  return {
    ...SANDBOX_EXAMPLES,
    registryCompose: `${template}.registry.yml`,
    runnerCompose: `${template}.runner.yml`,
    pollIntervalMs: "200ms",
  };
}

async function embeddedSandbox(
  stateDir: string,
): Promise<{ handle: SandboxHandle; close(): Promise<void> }> {
  const { attachSandbox, sandboxGatewayKey, startSandbox, walletOf } =
    await import("../sandbox/index.ts");
  const folder = path.join(stateDir, "sandbox-cloud");
  const running = await attachSandbox(folder);
  const embedded = running ? undefined : await startSandbox({ stateDir: folder });
  const sandbox = running ?? embedded;
  if (!sandbox) throw new Error("no sandbox");
  const { apiUrl, gatewayUrl, apiKey, trust, collateralUrl } = sandbox;
  const gatewayKey = (): Promise<string> => sandboxGatewayKey(folder);
  const examples = await sandboxExamples();
  const handle = {
    apiUrl,
    gatewayUrl,
    apiKey,
    trust,
    collateralUrl,
    examples,
    gatewayKey,
    walletOf,
  };
  return { handle, close: async () => embedded?.close() };
}
