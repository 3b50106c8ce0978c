/** The compose hash that the local runner compose file would have, against the approved list. Pure. */
import {
  predictAppCompose,
  predictComposeHash,
  type PredictionBasis,
} from "../../app-compose/predict.ts";
import { isApproved, type Approvals } from "./approvals.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Drift } from "./model.ts";
import type { Reference } from "./refusal.ts";

/** Null where there is no usable local file. */
export function driftOf(knowledge: Knowledge, approvals: Approvals): Drift | null {
  const { local, basis, environmentNames } = knowledge;
  if (local.found.kind !== "file") return null;
  const drift = { runner_compose: local.path };
  if (!basis) return { ...drift, predicted_compose_hash: null, status: "unknown", basis: null };
  const predicted = predictComposeHash(basis.appCompose, local.found.text, environmentNames);
  const approved = isApproved(approvals, predicted);
  return {
    ...drift,
    predicted_compose_hash: predicted,
    status: approved === null ? "unknown" : approved ? "approved" : "not-approved",
    basis: basisOf(basis),
  };
}

function basisOf({ hash, source }: PredictionBasis): Drift["basis"] {
  const at = source.kind === "recorded" ? source.at : null;
  const name = source.kind === "live-runner" ? source.name : null;
  return { kind: source.kind, compose_hash: hash, at, name };
}

/** What a refused runner is held against: the approved app-composes on record, newest first, then the prediction. */
export function referencesOf(
  knowledge: Knowledge,
  approvals: Approvals,
  drift: Drift | null,
): readonly Reference[] {
  const { local, basis, recorded, environmentNames } = knowledge;
  const approved = (approvals.compose_hashes ?? []).toReversed().flatMap((hash): Reference[] => {
    const appCompose = recorded.get(hash);
    return appCompose ? [{ kind: "approved", hash, appCompose }] : [];
  });
  const hash = drift?.predicted_compose_hash ?? null;
  if (hash === null || !basis || local.found.kind !== "file") return approved;
  const appCompose = predictAppCompose(basis.appCompose, local.found.text, environmentNames);
  return [...approved, { kind: "predicted", hash, appCompose }];
}
