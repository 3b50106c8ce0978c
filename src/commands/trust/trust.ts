/** `tee-cluster trust show|diff|pin`: the trust file, against what runs. */
import { command, hint } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { writeAtomically } from "../../lib/atomic-file.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import { prepareOffline } from "../../session/offline-preparation.ts";
import { assertAttested, attestRegistry } from "../../trust/attest-registry.ts";
import { findDifferences, pinRunning, type Difference } from "../../trust/differences.ts";
import { DEFAULT_TRUST_FILE, readTrust } from "../../trust/read-trust.ts";
import { measuredAppCompose } from "../../trust/check-compose.ts";
import { recordVerified } from "../../trust/last-verified.ts";
import { renderTrustFile } from "../../trust/trust-file.ts";
import { readRegistryEvidence } from "../shared/registry-evidence.ts";
import type { TrustResult } from "./result.ts";

export async function showTrust(run: CommandRun): Promise<TrustResult> {
  const { resolution } = await prepareOffline(run);
  const { trust, file } = await readTrust(resolution.values.trustFile);
  return {
    ok: true,
    command: "trust show",
    file,
    trust,
    differences: [],
    written: null,
    warnings: [],
  };
}

export async function diffTrust(run: CommandRun): Promise<TrustResult> {
  const { trust, file, differences } = await compare(run, "trust diff");
  // Pinning the registry is optional.
  const ok = differences.every(({ key }) => key === "registry" && trust.registry === undefined);
  return { ok, command: "trust diff", file, trust, differences, written: null, warnings: [] };
}

/** @throws ClusterError `confirmation-needed` (input) without a terminal and `--yes` */
export async function pinTrust(run: CommandRun): Promise<TrustResult> {
  const compared = await compare(run, "trust pin");
  const { trust, file, differences, running, own, named } = compared;
  const shown = { ok: true, command: "trust pin", file, differences, warnings: [] } as const;
  if (run.flags.dryRun) return { ...shown, trust, written: null };
  await confirm(run, differences);
  const pinned = pinRunning(own, running, `seen in ${compared.registry}`);
  const target = named ?? DEFAULT_TRUST_FILE;
  await writeAtomically(target, renderTrustFile(pinned));
  // Later evidence is compared with what was pinned.
  await recordVerified(compared.directory, running.facts, run.clock.now());
  return { ...shown, trust: pinned, written: target };
}

/** Only genuine evidence is compared and pinned. */
async function compare(run: CommandRun, name: string) {
  const { prepared, cluster, registry, gathered, trust } = await readRegistryEvidence(run, name);
  const named = prepared.resolution.values.trustFile;
  const expected = { appId: registry.appId };
  const at = run.clock.now();
  const report = attestRegistry({ ...gathered, trust: trust.trust, expected, at });
  const checks = report.checks.filter(({ id }) => id !== "scripts");
  assertAttested({ ...report, checks }, "auto", registry.name);
  const appCompose = measuredAppCompose(gathered.evidence, report.facts);
  if (!report.facts || !appCompose) throw nothingShown(registry.name);
  const running = { facts: report.facts, appCompose };
  // The file's own content, without the sandbox's trust.
  const { trust: own } = await readTrust(named);
  const differences = findDifferences(trust.trust, running);
  const { path: directory } = await directoryOf(prepared, cluster);
  return { ...trust, own, named, registry: registry.name, directory, running, differences };
}

async function confirm(
  { prompter, emit, flags }: CommandRun,
  differences: readonly Difference[],
): Promise<void> {
  for (const { key, message, text } of differences)
    emit({ type: "note", message: `${key}: ${message}${text === null ? "" : `\n${text}`}` });
  if (flags.yes) return;
  const answer = await prompter?.confirm({ message: "Trust this from now on?", initial: false });
  if (answer === true) return;
  throw new ClusterError("input", "confirmation-needed", {
    message: "nothing was pinned: that takes a confirmation",
    hint: "read what is shown, then run the command again with --yes",
  });
}

function nothingShown(name: string): ClusterError {
  return new ClusterError("verification", "attest-unavailable", {
    message: `${name} shows no verifiable evidence with its app-compose`,
    hint: hint`see what is missing: ${command("verify")}`,
  });
}
