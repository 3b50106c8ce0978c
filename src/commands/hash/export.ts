/** `hash --export`: this machine's hash record as a file, for machines that have no state. */
import { command, hint } from "../../core/command-hint.ts";
import type { Warning } from "../../core/events.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { readWholeText } from "../../orchestrator/read-file.ts";
import { writeFileAtomically, type FileRole } from "../../orchestrator/write-file.ts";
import type { Redactor } from "../../core/redact.ts";
import {
  hashRecordOf,
  looksLikeHashRecord,
  renderHashRecord,
  type HashRecord,
} from "../../state/hash-record.ts";
import { findPredictionBasis } from "../../app-compose/predict.ts";
import type { HashWork } from "./work.ts";
import { dryRunResult, type DryRunResult } from "../shared/result.ts";
import type { HashExport } from "./result.ts";

const ROLE: FileRole = { code: "hash-record", flag: "--export" };

/** @throws ClusterError `nothing-recorded`, `approval-unsettled` (verification), `hash-record-…` (conflict) for an existing file. */
export async function exportHashRecord(
  work: HashWork,
  file: string,
  dryRun: boolean,
  redactor: Redactor,
): Promise<HashExport | DryRunResult> {
  const record = await ownRecord(work);
  const text = renderHashRecord(record);
  if (redactor.redact(text) !== text) throw secretInside(file);
  const before = await readWholeText(file, ROLE);
  if (before !== undefined && !looksLikeHashRecord(before)) throw somethingElse(file);
  if (dryRun) return planOf(record, file, before === text);
  if (before !== text) await writeFileAtomically(file, text, { role: ROLE });
  return {
    ok: true,
    command: "hash",
    action: "export",
    cluster: record.cluster,
    file,
    changed: before !== text,
    basis: record.basis,
    approved_compose_hashes: record.approved?.compose_hashes ?? [],
    warnings: record.approved ? [] : [UNAPPROVED],
  };
}

const UNAPPROVED: Warning = {
  code: "approved-list-unknown",
  message:
    "no approved list is recorded here: with this record, --check can't say more than that it is unknown",
};

async function ownRecord({ known, settings, apiHost }: HashWork): Promise<HashRecord> {
  if (known.attempted) throw unsettled(settings.clusterName);
  const basis = await findPredictionBasis(known, known);
  if (basis?.source.kind !== "recorded")
    throw new ClusterError("verification", "nothing-recorded", {
      message: `no compose hash of a runner of ${settings.clusterName} is recorded in ${known.path}`,
      hint: "run it on the machine where init or rotate-hash has been run",
    });
  const { hash, appCompose, source } = basis;
  const where = { cluster: settings.clusterName, apiHost };
  return hashRecordOf(known, { hash, appCompose, at: source.at }, where);
}

function planOf(record: HashRecord, file: string, upToDate: boolean): DryRunResult {
  const count = record.approved?.compose_hashes.length ?? 0;
  const detail = upToDate
    ? "is up to date"
    : `basis ${record.basis.compose_hash}, ${count} approved`;
  const action = upToDate ? ("none" as const) : ("write" as const);
  return dryRunResult("hash", record.cluster, [{ action, resource: file, detail }]);
}

/** Every machine that reads the record would trust a list that may not be the registry's. */
function unsettled(cluster: string): ClusterError {
  return new ClusterError("verification", "approval-unsettled", {
    message: `whether the registry of ${cluster} was given its last list was never recorded`,
    hint: hint`find out: ${command("rotate-hash")}; then export again`,
  });
}

/** For example a compose file whose path was given by mistake. */
function somethingElse(file: string): ClusterError {
  return new ClusterError("conflict", "hash-record-in-the-way", {
    message: `${file} exists and is not a hash record`,
    hint: "choose another place with --export, or move that file away",
  });
}

function secretInside(file: string): ClusterError {
  return new ClusterError("input", "secret-in-compose", {
    message: `a recorded compose file contains a secret of this environment; ${file} was not written`,
    hint: hint`take it out of the compose file and pass it by an environment variable, then: ${command("rotate-hash")}`,
  });
}
