/** Nodes for completion: as of the last run, or, before the first run, from the API with a short deadline. */
import type { InputKey } from "../core/settings.ts";
import { inputDefinition } from "../inputs/table.ts";
import { readKnownNodes, rememberNodes, type KnownNode } from "../state/known-nodes.ts";

/** The longest delay of a TAB. */
const DEADLINE_MS = 800;

export async function nodesFor(
  stateDir: string,
  stateHost: string,
  env: NodeJS.ProcessEnv,
  deadlineMs = DEADLINE_MS,
): Promise<readonly KnownNode[]> {
  if (stateHost === "sandbox") return (await import("../sandbox/catalog.ts")).NODES;
  const known = await readKnownNodes(stateDir, stateHost);
  const apiKey = valueIn(env, "phalaApiKey");
  const apiUrl = valueIn(env, "phalaApiUrl") ?? "";
  const isThatHost = URL.canParse(apiUrl) && new URL(apiUrl).host === stateHost;
  if (known.length > 0 || apiKey === undefined || !isThatHost) return known;
  const nodes = await fetchNodes({ apiUrl, apiKey, env, deadlineMs });
  await rememberNodes(stateDir, stateHost, nodes);
  return nodes;
}

/** Only at the address of the environment: that of an incomplete command line may be wrong. */
async function fetchNodes({
  apiUrl,
  apiKey,
  env,
  deadlineMs,
}: {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly env: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
}): Promise<readonly KnownNode[]> {
  const [{ createHttpClient }, { createCloudApi }, { systemClock: clock }] = await Promise.all([
    import("../platform/net/http.ts"),
    import("../platform/phala/api.ts"),
    import("../platform/clock.ts"),
  ]);
  const http = createHttpClient(env);
  const silent = { onDetail: () => undefined, redact: () => "" };
  try {
    const api = createCloudApi({ apiUrl, apiKey, http, clock, ...silent });
    return (await api.nodes(AbortSignal.timeout(deadlineMs))).filter(({ listed }) => listed);
  } finally {
    await http.close();
  }
}

function valueIn(env: NodeJS.ProcessEnv, key: InputKey): string | undefined {
  const { variables, default: fallback } = inputDefinition(key);
  return variables.map((name) => env[name]).find(Boolean) ?? fallback;
}
