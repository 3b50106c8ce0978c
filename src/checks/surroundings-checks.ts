/** Checks of what lies between this program and the cloud: the proxy, and the place where runs are recorded. */
import { isErrno } from "../lib/errno.ts";
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { failed, passed, type Check, type DoctorFacts, type Outcome } from "./check.ts";

export const proxyCheck: Check<DoctorFacts> = {
  id: "proxy",
  title: "Proxy",
  severity: "warning",
  needs: ["phalaApiUrl"],
  async run({ proxyRoute, connection, env }) {
    try {
      return routeFinding(
        proxyRoute(connection.phalaApiUrl),
        new URL(connection.phalaApiUrl).host,
        env,
      );
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return { ...failed(error.message, error.advice ?? ""), severity: "error" };
    }
  },
};

/**
 * Our own requests and our `phala` go through the proxy; one that the orchestrator starts does not, because Node's
 * fetch leaves HTTPS_PROXY alone unless told: https://nodejs.org/api/cli.html#node_use_env_proxy1
 */
function routeFinding(
  route: ReturnType<DoctorFacts["proxyRoute"]>,
  host: string,
  env: NodeJS.ProcessEnv,
): Outcome {
  if (route.kind === "exempt") return passed(`${route.proxy}, but not for ${host}`);
  if (route.kind === "proxied") {
    const credentials = route.credentials ? " (with credentials)" : "";
    return failed(
      `requests to ${host} go through ${route.proxy}${credentials}, those to this machine do not; the orchestrator's phala uses no proxy by default`,
      `where ${host} can be reached directly: export NO_PROXY=${host}\nelse start the orchestrator with NODE_USE_ENV_PROXY=1 (Node 22.21, or 24 and later)`,
    );
  }
  if (!(env["ALL_PROXY"] ?? env["all_proxy"])) return passed("none");
  return failed(
    "ALL_PROXY is set, and neither tee-cluster nor phala reads it: requests go out directly",
    "set HTTPS_PROXY where a proxy is needed",
  );
}

export const stateCheck: Check<DoctorFacts> = {
  id: "state",
  title: "Record of earlier runs",
  severity: "error",
  needs: ["stateDir", "phalaApiUrl", "clusterName"],
  async run({ stateDirectory, journal }) {
    const records = await journal();
    const folder = stateDirectory.path;
    try {
      await access(await nearestExisting(folder), constants.W_OK | constants.X_OK);
    } catch (error) {
      return failed(
        `${folder} can't be written: ${messageOf(error)}`,
        "give a folder that can be written with --state-dir",
      );
    }
    const runs = new Set(records.map(({ run }) => run)).size;
    return passed(
      runs === 0 ? `none yet in ${folder}` : `${runs} run${runs === 1 ? "" : "s"} in ${folder}`,
    );
  },
};

/** A run makes the folders that are missing. */
async function nearestExisting(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    const parent = path.dirname(folder);
    if (!isErrno(error, "ENOENT") || parent === folder) throw error;
    return nearestExisting(parent);
  }
}
