/** Step 10: write orchestrator.yml, or change in the existing one what was given. */
import type { ClusterInputs, InputKey } from "../core/settings.ts";
import { configChanges, renderChange } from "../orchestrator/config-changes.ts";
import { configText, type OrchestratorValues } from "../orchestrator/config.ts";
import { clusterUrlTemplate } from "../orchestrator/urls.ts";
import { readWholeText } from "../orchestrator/read-file.ts";
import { writeFileAtomically } from "../orchestrator/write-file.ts";
import type { Registry } from "../registry/registry.ts";
import { assertOwnFile, type FileOwner } from "../session/config-preview.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import { rememberWritten } from "../state/written-config.ts";
import { done, reused, type Step, type StepContext } from "../workflow/step.ts";

export type WriteOrchestratorConfigInput = {
  readonly inputs: ClusterInputs;
  readonly registry: Registry;
  /** Inputs that were given in this run: only these are changed in an existing file. */
  readonly given: ReadonlySet<InputKey>;
  readonly directory: StateDirectory;
  /** Asked once more: the file may be another one than step 1 saw. */
  readonly ownerOf: (text: string | undefined) => Promise<FileOwner>;
};

export const writeOrchestratorConfig: Step<
  WriteOrchestratorConfigInput,
  { readonly path: string }
> = {
  id: "write-orchestrator-config",
  async run(input, context) {
    const path = input.inputs.cluster.orchestratorConfig;
    const before = await readWholeText(path);
    const owner = await input.ownerOf(before);
    assertOwnFile(path, owner);
    const after = configText(owner.replaces ? undefined : before, valuesOf(input), path);
    if (before === after) return reused({ path }, `${path} is up to date`);
    const backup = `${path}.bak`;
    await writeFileAtomically(path, after, { backup });
    await rememberWritten(input.directory, after);
    if (before === undefined) return done({ path }, path);
    reportChanges(before, after, backup, context);
    return done({ path }, `${path} ${owner.replaces ? "replaced" : "updated"}`);
  },
};

function reportChanges(
  before: string,
  after: string,
  backup: string,
  { note }: Pick<StepContext, "note">,
): void {
  for (const change of configChanges(before, after)) note(renderChange(change));
  note(`the file from before is kept as ${backup}`);
}

function valuesOf({ inputs, registry, given }: WriteOrchestratorConfigInput): OrchestratorValues {
  const { appId, nodeName: node, baseDomain } = registry;
  return {
    settings: inputs.cluster,
    given,
    phalaApiUrl: inputs.connection.phalaApiUrl,
    clusterUrls: [clusterUrlTemplate(inputs.connection.gatewayUrl, { appId, node, baseDomain })],
  };
}
