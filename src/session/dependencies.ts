/** What a command is handed: the outside world as ports, made by `cli/wire.ts`, and its flags. */
import type { Prompter } from "../inputs/prompts.ts";
import type { Raw } from "../inputs/resolve.ts";
import type { InputKey } from "../inputs/table.ts";
import type { AttestationSources } from "../core/attestation.ts";
import type { Connection } from "../core/settings.ts";
import type { Clock, CloudApi, PhalaCli, ProxyRoute, Spawntee } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { Stopwatch } from "../core/stopwatch.ts";
import type { AnyResult } from "../core/results.ts";
import type { Emit } from "../core/events.ts";
import type { Ledger } from "../workflow/ledger.ts";

export type Ports = { readonly cli: PhalaCli; readonly api: CloudApi; readonly spawntee: Spawntee };

/** A running sandbox, as far as a command needs to know it. */
export type SandboxHandle = {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly apiKey: string;
  readonly examples: Raw;
  /** Path of a coordinator's key for schema v2; the file is made at its first use. */
  gatewayKey(): Promise<string>;
  /** The wallet that stands for a coordinator's key (a path) here. */
  walletOf(gatewayKeyPath: string): Promise<string>;
  /** What is trusted instead of Intel and Phala: in the form of a trust file. Never in a run without `--sandbox`. */
  readonly trust: unknown;
  readonly collateralUrl: string;
};

/** Whose evidence is read, and where collateral is read from and cached. */
export type AttestationOrigin = Pick<Connection, "phalaApiUrl" | "phalaApiKey" | "stateDir"> & {
  readonly collateralUrl: string;
};

export type CommandDependencies = {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly stopwatch: Pick<Stopwatch, "measure">;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /**
   * Shows an answer that the next one will replace. `changed`: whether it says something else than the one
   * before. @returns false once nobody reads.
   */
  update(result: AnyResult, changed: boolean): boolean;
  /** A line of an answer that has no end, as it comes. @returns false once nobody reads any more. */
  line(text: string): boolean;
  /** The answer of a command that goes on after it; the one that it returns in the end is the same and not told again. */
  publish(result: AnyResult): void;
  readonly redactor: Redactor;
  readonly ledger: Ledger;
  /** `ownPhala`: whether the phala that was installed with this package stands in for one on PATH (the default). */
  connect(connection: Connection, options?: { readonly ownPhala?: boolean }): Promise<Ports>;
  /** @throws ClusterError `bad-proxy` (input) where a proxy variable can't be one. */
  proxyRoute(url: string): ProxyRoute;
  attestationSources(from: AttestationOrigin): Promise<AttestationSources>;
  /** Starts the embedded sandbox; it is stopped when the program ends. */
  startSandbox(stateDir: string): Promise<SandboxHandle>;
  /** What `--sandbox` has in place of the defaults; for commands that read its record and need no server. */
  readonly sandboxExamples: () => Promise<Raw>;
  /** Undefined: nobody may be asked. Live output pauses while it is in use. */
  readonly prompter: Prompter | undefined;
};

/** One run of a command: what it is handed, with the switches of all commands and its own flags `F`. */
export type CommandRun<F = unknown> = CommandDependencies & { readonly flags: CommonFlags & F };

/** The switches that every command with a cluster has. */
export type CommonFlags = {
  /** The inputs that the command takes. */
  readonly keys: readonly InputKey[];
  /** What was given for them on the command line. */
  readonly inputs: Raw;
  readonly config: string | undefined;
  readonly sandbox: boolean;
  readonly dryRun: boolean;
  readonly strict: boolean;
  readonly adopt: boolean;
  /** Only one document may go to stdout. */
  readonly json: boolean;
  /** Ask nothing, and take what would be asked for granted. */
  readonly yes: boolean;
};
