/** The composition root: makes the real adapters and hands them in. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandDependencies, SandboxHandle } from "../session/dependencies.ts";
import { terminalPrompter, type Pager, type Prompter } from "../inputs/prompts.ts";
import type { Raw } from "../inputs/resolve.ts";
import { createAttestationSources } from "../platform/attestation/sources.ts";
import { createHttpClient, type HttpClient } from "../platform/net/http.ts";
import { proxyRoute } from "../platform/net/proxy.ts";
import { createCloudApi } from "../platform/phala/api.ts";
import { createPhalaCli } from "../platform/phala/cli.ts";
import type { Clock } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { Stopwatch, Wait } from "../core/stopwatch.ts";
import { stripControls } from "../output/clean.ts";
import { reflow } from "../output/reflow.ts";
import type { Reporter } from "../output/reporter.ts";
import { createSpawntee } from "../platform/spawntee/client.ts";
import { systemClock } from "../platform/clock.ts";
import { pricesOf } from "../runners/price.ts";
import type { CloudApi } from "../core/ports.ts";
import type { Ledger } from "../workflow/ledger.ts";
import type { Options } from "./program.ts";

type Given = {
  readonly options: Options;
  readonly redactor: Redactor;
  readonly reporter: Reporter;
  readonly ledger: Ledger;
  readonly stopwatch: Stopwatch;
  readonly signal: AbortSignal;
};

export function createDependencies(given: Given): {
  dependencies: CommandDependencies;
  close(): Promise<void>;
} {
  const { options, redactor, reporter, ledger, stopwatch, signal } = given;
  const http = createHttpClient(process.env);
  const clock = timedClock(stopwatch);
  const closers: (() => Promise<void>)[] = [() => http.close()];
  const dependencies: CommandDependencies = {
    env: process.env,
    clock,
    stopwatch,
    signal,
    emit: (event) => {
      stopwatch.observe(event);
      reporter.emit(event);
    },
    answer: (result, changed) => reporter.answer(result, changed),
    line: (text) => reporter.line(text),
    announce: (result) => reporter.finish(result),
    redactor,
    ledger,
    connect: ({ phalaApiUrl: apiUrl, phalaApiKey: apiKey, phalaBin }, { ownPhala = true } = {}) => {
      const bin = ownPhala && phalaBin === ANY_PHALA ? (bundledPhala() ?? phalaBin) : phalaBin;
      return portsOf({ apiUrl, apiKey, bin, http, clock, reporter, redactor, stopwatch, ledger });
    },
    attestationSources: ({ phalaApiUrl: apiUrl, phalaApiKey: apiKey, collateralUrl, stateDir }) =>
      createAttestationSources({
        apiUrl,
        apiKey,
        collateralUrl,
        cacheDir: path.join(stateDir, "collateral"),
        http: timedHttp(http, stopwatch, "api"),
        clock,
        onDetail: (message) => reporter.emit({ type: "detail", message }),
      }),
    proxyRoute: (url) => proxyRoute(url, process.env),
    startSandbox: async (stateDir) => {
      const { handle, close } = await embeddedSandbox(stateDir);
      closers.push(close);
      return handle;
    },
    sandboxExamples,
    prompter: mayAsk(options)
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

function portsOf(of: {
  apiUrl: string;
  apiKey: string;
  bin: string;
  http: HttpClient;
  clock: Clock;
  reporter: Reporter;
  redactor: Redactor;
  stopwatch: Stopwatch;
  ledger: Ledger;
}): ReturnType<CommandDependencies["connect"]> {
  const { apiUrl, apiKey, bin, clock, reporter, redactor, stopwatch, ledger } = of;
  const http = timedHttp(of.http, stopwatch, "api");
  const onDetail = (message: string): void => reporter.emit({ type: "detail", message });
  // Adapters shorten long answers: half a secret would get past the reporter's redaction.
  const redact = (text: string): string => redactor.redact(text);
  return {
    cli: createPhalaCli({
      bin,
      apiKey,
      apiUrl,
      env: process.env,
      http,
      clock,
      onDetail,
      redact,
      running: (child) => stopwatch.measure("phala", child),
    }),
    api: pricing(createCloudApi({ apiUrl, apiKey, http, clock, onDetail, redact }), ledger),
    spawntee: createSpawntee(timedHttp(of.http, stopwatch, "cloud"), clock, redact),
  };
}

function timedHttp(http: HttpClient, stopwatch: Stopwatch, part: Wait): HttpClient {
  return { ...http, send: (...what) => stopwatch.measure(part, () => http.send(...what)) };
}

/** Who sleeps waits for the cloud: between two polls, or before another try. */
function timedClock(stopwatch: Stopwatch): Clock {
  const sleep: Clock["sleep"] = (...how) =>
    stopwatch.measure("cloud", () => systemClock.sleep(...how));
  return { ...systemClock, sleep };
}

/** What is left behind at the end has a price as soon as anybody asked for prices. */
const pricing = (api: CloudApi, ledger: Ledger): CloudApi => ({
  ...api,
  async instanceTypes(signal) {
    const types = await api.instanceTypes(signal);
    ledger.learnPrices(pricesOf(types));
    return types;
  },
});

/** Never with --yes, with CI set, or where stdin or stderr is no terminal. */
function mayAsk(options: Options): boolean {
  if (options["yes"] === true || options["json"] === true || process.env["CI"]) return false;
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** What the wizard shows may hold the platform's words: no secret and no control sequence gets through. */
function pagerOn(terminal: NodeJS.WriteStream, redactor: Redactor): Pager {
  const lines = (text: string): readonly string[] => {
    const clean = text.split("\n").map((line) => redactor.redact(stripControls(line)));
    return reflow(clean.join("\n"), terminal.columns || 80).split("\n");
  };
  return {
    lines,
    rows: () => terminal.rows || 24,
    print: (text) => terminal.write(`${lines(text).join("\n")}\n`),
  };
}

/** A prompt owns the terminal: the live line pauses meanwhile. */
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

/** The package's root, seen from a chunk in dist or from this file in src. */
const ROOT = ["..", "../.."]
  .map((up) => fileURLToPath(new URL(up, import.meta.url)))
  .find((folder) => existsSync(path.join(folder, "package.json")));

/** The default of `--phala-bin`: nobody named one. */
const ANY_PHALA = "phala";

/** The phala that was installed with this package, in its own node_modules or beside it. It goes before one on PATH. */
function bundledPhala(): string | undefined {
  const root = ROOT ?? ".";
  const beside = path.dirname(root);
  const folders = [
    path.join(root, "node_modules"),
    ...(path.basename(beside) === "node_modules" ? [beside] : []),
  ];
  return folders
    .map((folder) => path.join(folder, ".bin", "phala"))
    .find((file) => existsSync(file));
}

async function sandboxExamples(): Promise<Raw> {
  const { SANDBOX_EXAMPLES } = await import("../sandbox/index.ts");
  const root = ROOT ?? ".";
  const composeFile = (role: string): string =>
    path.join(root, "fixtures", "compose", `docker-compose.phala.${role}.yml`);
  return {
    ...SANDBOX_EXAMPLES,
    registryCompose: composeFile("registry"),
    runnerCompose: composeFile("runner"),
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
