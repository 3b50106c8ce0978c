/** `tee-cluster config migrate`: an orchestrator.yml of schema v1 becomes one of schema v2. Pure. */
import { ClusterError, messageOf } from "../errors.ts";
import { applyChanges, type Change } from "./changes.ts";
import { COMMENTS } from "./comments.ts";
import { readable } from "./config.ts";

const RUNNER = ["infrastructure", "runner"] as const;

/**
 * The v2 text of a v1 text: comments, order and layout stay. `cluster-urls` and `registry-compose-path` go,
 * `provision-factor` becomes `capacity-threshold` in its place, `gateway-key-path` comes behind
 * `runner-compose-path`. A file that is v2 already comes back with the key's path set and nothing else changed.
 * @throws ClusterError `config-unreadable` (conflict) where the text is no orchestrator.yml, `config-not-phala`
 *   (input) where its runners are not Phala's.
 */
export function migrateConfig(text: string, gatewayKeyPath: string, path: string): string {
  const bom = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(bom.length);
  const document = readable(body, path);
  if (document.getIn([...RUNNER, "type"]) !== "phala") {
    throw new ClusterError({
      kind: "input",
      code: "config-not-phala",
      message: `${path} has no infrastructure.runner of type phala: there is nothing to migrate`,
      hint: "give the orchestrator.yml of a Phala cluster",
    });
  }
  const renamed = !document.hasIn([...RUNNER, "capacity-threshold"]);
  try {
    return bom + applyChanges(renamed ? newComment(body) : body, changes(renamed, gatewayKeyPath));
  } catch (error) {
    throw new ClusterError({
      kind: "conflict",
      code: "config-unreadable",
      message: `${path} can't be migrated safely: ${messageOf(error)}; it was left as it is`,
      hint: "write a new one with tee-cluster init --orchestrator-schema v2 --orchestrator-config FILE",
    });
  }
}

function changes(rename: boolean, gatewayKeyPath: string): readonly Change[] {
  const remove = (key: string): Change => ({ kind: "remove", path: RUNNER, key });
  return [
    // Where both are there, v2's own key wins.
    rename
      ? { kind: "rename", path: RUNNER, key: "provision-factor", to: "capacity-threshold" }
      : remove("provision-factor"),
    remove("cluster-urls"),
    remove("registry-compose-path"),
    {
      kind: "set",
      path: RUNNER,
      key: "gateway-key-path",
      value: gatewayKeyPath,
      after: ["runner-compose-path", "cluster-name", "type"],
    },
  ];
}

/** Our own comment on the factor would not be true of the threshold; a person's own one is kept. */
function newComment(text: string): string {
  const [before = "", after = ""] = ["provision-factor", "capacity-threshold"].map(
    (key) => COMMENTS[`${RUNNER.join("/")}/${key}`],
  );
  return text.replace(`#${before}`, () => `#${after}`);
}
