/** What a check is: data with a severity and a remedy, run side by side with the others. */
import type { ComposeFile } from "../compose/compose-file.ts";
import type { Cvm } from "../domain.ts";
import type { ClusterSettings, Connection } from "../inputs/types.ts";
import type { Account, CloudApi, InstanceType, Lookup, PhalaCli, PlatformNode } from "../ports.ts";
import type { ClusterRecord } from "../state/record.ts";
import type { CheckSeverity } from "../workflow/events.ts";

/** What the checks look at. Every fact is read once, however many checks ask for it. */
export type Facts = {
  readonly cli: PhalaCli;
  readonly api: CloudApi;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  account(): Promise<Account>;
  nodes(): Promise<readonly PlatformNode[]>;
  instanceTypes(): Promise<readonly InstanceType[]>;
};

/** The facts of one cluster, known once its inputs are. */
export type ClusterFacts = Facts & {
  readonly cluster: ClusterSettings;
  readonly record: ClusterRecord;
  readonly adopt: boolean;
  registryCompose(): Promise<ComposeFile>;
  runnerCompose(): Promise<ComposeFile>;
  registry(): Promise<Lookup<Cvm>>;
  /** Every CVM of the account. */
  cvms(): Promise<readonly Cvm[]>;
};

export type Finding =
  | { readonly status: "passed" | "skipped"; readonly detail: string }
  | { readonly status: "failed"; readonly detail: string; readonly remedy: string };

export type Check<F> = {
  readonly id: string;
  readonly title: string;
  readonly severity: CheckSeverity;
  /** What a failure is: most are prerequisites (exit 3), a name that is taken is a conflict (exit 6). */
  readonly kind?: "prerequisite" | "conflict" | "input";
  run(facts: F): Promise<Finding | readonly Finding[]>;
};

export const passed = (detail: string): Finding => ({ status: "passed", detail });
export const skipped = (detail: string): Finding => ({ status: "skipped", detail });
export const failed = (detail: string, remedy: string): Finding => ({ status: "failed", detail, remedy });

/** Reads once, hands the same answer (or failure) to everybody. */
export function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= read());
}
