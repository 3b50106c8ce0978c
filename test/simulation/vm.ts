/** The model's CVMs as data: what they are, what was done to them and by whom. */
import type { AppCompose } from "../../src/sandbox/app-compose.ts";

/** Who did something: an operator's run, the orchestrator, or a person at the dashboard. */
export type Actor = { readonly who: "operator"; readonly op: number; readonly run: number } | Other;
export type Other = { readonly who: "orchestrator" | "person" };

export type Update = {
  readonly correlationId: string;
  readonly by: Actor;
  readonly at: number;
  readonly listedAt: number;
  readonly word: string;
  readonly endsAt: number;
  /** Whether it took effect, when it ended. */
  readonly effective: boolean;
  readonly composeText: string;
  readonly appCompose: AppCompose;
  readonly env: ReadonlyMap<string, string>;
};

export type Vm = {
  name: string;
  readonly appId: string;
  readonly vmUuid: string;
  readonly by: Actor;
  readonly madeAt: number;
  composeText: string;
  appCompose: AppCompose;
  hash: string;
  env: ReadonlyMap<string, string>;
  /** Pushed, and forgotten at the next restart. */
  pushed: ReadonlySet<string>;
  /** Since when its service runs. */
  upAt: number;
  deletedAt: number;
  goneAt: number;
  deletedBy: Actor | undefined;
  updates: Update[];
  /** Who changed what it runs or approves, last. */
  changed: { readonly by: Actor; readonly at: number };
};

/** What was done to the cloud, in order. */
export type Change = {
  readonly at: number;
  readonly by: Actor;
  readonly what: "create" | "delete" | "update" | "push";
  readonly vm: Vm;
  /** The approved list before and after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly envBefore: ReadonlyMap<string, string>;
  readonly envAfter: ReadonlyMap<string, string>;
};

export const APPROVED = "APPROVED_COMPOSE_HASH";

export const isRegistry = (vm: Vm): boolean => vm.composeText.includes("APPROVED_COMPOSE_HASH=");

/** Which hashes a registry lets in. */
export function approvedList(vm: Vm): readonly string[] {
  const given = (vm.env.get(APPROVED) ?? "").split(",").filter((hash) => hash !== "");
  return [...new Set([...given, ...vm.pushed])];
}
