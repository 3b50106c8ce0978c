/** Step 10: write orchestrator.yml, or bring our keys in the existing one up to date. */
import type { ClusterInputs, InputKey } from "../core/settings.ts";
import { renderConfig, updateConfig, type OrchestratorValues } from "../orchestrator/config.ts";
import { clusterUrlTemplate } from "../orchestrator/urls.ts";
import { readWholeText } from "../orchestrator/read-file.ts";
import { writeFileAtomically } from "../orchestrator/write-file.ts";
import { done, reused, type Step } from "../workflow/step.ts";
import type { Registry } from "../registry/registry.ts";

export type WriteOrchestratorConfigInput = {
  readonly inputs: ClusterInputs;
  readonly registry: Registry;
  /** Inputs that were given in this run: only these are changed in an existing file. */
  readonly given: ReadonlySet<InputKey>;
};

export const writeOrchestratorConfig: Step<WriteOrchestratorConfigInput, { readonly path: string }> = {
  id: "write-orchestrator-config",
  async run(input) {
    const { inputs } = input;
    const path = inputs.cluster.orchestratorConfig;
    const before = await readWholeText(path);
    const after = configText(input, before);
    if (before === after) return reused({ path }, `${path} is up to date`);
    await writeFileAtomically(path, after, { backup: `${path}.bak` });
    return done({ path }, before === undefined ? path : `${path} brought up to date`);
  },
};

function configText(input: WriteOrchestratorConfigInput, before: string | undefined): string {
  const { inputs, registry, given } = input;
  const { appId, nodeName: node, baseDomain } = registry;
  const values: OrchestratorValues = {
    settings: inputs.cluster,
    given,
    phalaApiUrl: inputs.connection.phalaApiUrl,
    clusterUrls: [clusterUrlTemplate(inputs.connection.gatewayUrl, { appId, node, baseDomain })],
  };
  return before === undefined
    ? renderConfig(values)
    : updateConfig(before, values, inputs.cluster.orchestratorConfig);
}
