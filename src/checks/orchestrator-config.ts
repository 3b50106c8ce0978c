/** Checks of the orchestrator.yml that is there, and of what step 10 will make of it. */
import { command, hint } from "../core/command-hint.ts";
import { configFindings } from "../orchestrator/findings.ts";
import { OTHER_FILE, previewConfig, type ConfigPreview } from "../session/config-preview.ts";
import type { ClusterFacts } from "../session/facts.ts";
import { failed, passed, skipped, type Check, type Outcome } from "./check.ts";
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { inspectTarget, NotAFileError, type Target } from "../lib/atomic-file.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";

const V1_DETAIL =
  "schema v1 is read by no released orchestrator, only by its development version of 2026-02-16";
const V1_REMEDY = hint`give --gateway-key-path and --gateway-auth-wallet: schema v2 follows (docs/schema-v2.md)
an existing file: ${command("config migrate")}`;

/** For `config show`, which runs no checks. */
export const SCHEMA_V1_WARNING = {
  code: "orchestrator-schema-v1" as const,
  message: hint`${V1_DETAIL}; ${V1_REMEDY}`,
};

const NEEDS = ["clusterName", "phalaApiUrl", "orchestratorConfig", "orchestratorSchema"] as const;

export const orchestratorConfigChecks: readonly Check<ClusterFacts>[] = [
  {
    id: "orchestrator-config",
    title: "Place of the orchestrator config",
    severity: "error",
    needs: ["orchestratorConfig"],
    run: ({ cluster }) => outputFindings(cluster.orchestratorConfig),
  },
  {
    id: "orchestrator-config-of-another-cluster",
    title: "Orchestrator config of this cluster",
    severity: "error",
    kind: "conflict",
    needs: NEEDS,
    after: ["orchestrator-config"],
    async run(facts) {
      const preview = await previewOf(facts);
      const file = facts.cluster.orchestratorConfig;
      if (preview instanceof ClusterError) return skipped(`${file} can't be read`);
      if (preview.kind === "other-owner")
        return failed(
          `${file} belongs to another cluster: ${preview.why}; it was not changed`,
          OTHER_FILE,
        );
      if (preview.before === undefined) return passed(`${file} is new`);
      return passed(preview.replaces ? `${file} is the sandbox's and will be replaced` : file);
    },
  },
  {
    id: "orchestrator-config-content",
    title: "What the orchestrator reads",
    severity: "error",
    needs: [...NEEDS, "gatewayKeyPath"],
    after: ["orchestrator-config", "orchestrator-config-of-another-cluster"],
    async run(facts) {
      const preview = await previewOf(facts);
      if (preview instanceof ClusterError)
        return failed(messageOf(preview), preview.advice ?? OTHER_FILE);
      if (preview.kind === "other-owner") return skipped("it is another cluster's");
      const { orchestratorConfig: file, orchestratorSchema: schema } = facts.cluster;
      const found = configFindings(preview.after, schema);
      if (found.length === 0) return passed(`${file} will have schema ${schema}`);
      return found.map(({ severity, line, message }) => ({
        ...failed(
          `${file}${line === undefined ? "" : `, line ${line}`}: ${message}`,
          `fix that in ${file}`,
        ),
        severity,
      }));
    },
  },
  {
    id: "orchestrator-schema-v1",
    title: "Schema that a released orchestrator reads",
    severity: "warning",
    needs: ["orchestratorSchema"],
    async run({ cluster }) {
      if (cluster.orchestratorSchema === "v2") return passed("v2");
      return failed(V1_DETAIL, V1_REMEDY);
    },
  },
];

/** An error: what is in the file can't be worked with. That is about its content, and says nothing of whose it is. */
async function previewOf(facts: ClusterFacts): Promise<ConfigPreview | ClusterError> {
  try {
    return await previewConfig(facts);
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "conflict") return error;
    throw error;
  }
}

const REMEDY = "choose another place with --orchestrator-config";

/** Whether the file can be written, and what is unusual about how. */
async function outputFindings(file: string): Promise<readonly Outcome[]> {
  try {
    const target = await inspectTarget(file);
    // Also for a file that is written in place: the copy from before is kept beside it.
    await access(path.dirname(target.path), constants.W_OK);
    const { existing } = target;
    if (existing)
      await access(
        target.path,
        existing.mounted ? constants.R_OK | constants.W_OK : constants.R_OK,
      );
    return [passed(file), ...notesOn(file, target)];
  } catch (error) {
    if (error instanceof NotAFileError)
      return [failed(`${file} is a directory or not a regular file`, REMEDY)];
    return [failed(`${file} can't be written: ${messageOf(error)}`, REMEDY)];
  }
}

function notesOn(file: string, { path: target, existing }: Target): readonly Outcome[] {
  if (!existing) return [];
  const notes: string[] = [];
  if (existing.mounted)
    notes.push(
      `${file} is mounted as a single file: it is written in place, after a copy to ${target}.bak`,
    );
  else if (existing.otherLinks > 0)
    notes.push(`${file} has ${existing.otherLinks} other hard link(s), which keep the old text`);
  return notes.map(passed);
}
