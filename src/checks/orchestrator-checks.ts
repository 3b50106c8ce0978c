/**
 * Checks of what an orchestrator would meet that is started here, by this user, in this folder. It runs `phala
 * deploy` with its own environment, home and working directory; our own runs are shut off from all three.
 */
import { access, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { lintBaseDomain } from "../compose/domains.ts";
import { failed, passed, reported, skipped, type Check, type DoctorFacts } from "./check.ts";
import { composePair } from "./cluster-checks.ts";
import { phalaEnvironmentFindings } from "./phala-environment.ts";
import { compareVersions, INSTALL, PHALA_VERSION_SEEN } from "./platform-checks.ts";

/** In the order in which phala 1.1.18 looks for them. */
const PUBLIC_KEYS = ["id_rsa.pub", "id_ed25519.pub", "id_ecdsa.pub", "id_dsa.pub"];

export const orchestratorChecks: readonly Check<DoctorFacts>[] = [
  {
    id: "base-domain",
    title: "Gateway domain",
    severity: "warning",
    needs: ["phalaApiKey", "phalaApiUrl", "clusterName", "registryCompose", "runnerCompose"],
    after: ["api-key"],
    async run(facts) {
      const registry = await facts.registry();
      const { nodeName: node = null, baseDomain = null } =
        registry.kind === "present" ? registry.value : {};
      if (node === null || baseDomain === null)
        return skipped("known once the registry is deployed");
      const pair = await composePair(facts);
      if (pair === undefined) return skipped("needs both compose files");
      const placement = { node, baseDomain };
      const findings = lintBaseDomain(pair, placement, facts.cluster.cvmBaseDomain).map(reported);
      return findings.length > 0 ? findings : passed(`${baseDomain}, as in the compose files`);
    },
  },
  {
    id: "phala-version",
    title: "Phala CLI version tested",
    severity: "warning",
    needs: ["phalaBin"],
    after: ["phala-cli"],
    async run({ version: ask }) {
      const version = await ask();
      if (version.kind !== "ok") return skipped("its version is not known");
      if (compareVersions(version.value, PHALA_VERSION_SEEN) <= 0) return passed(version.value);
      return failed(
        `${version.value} is newer than ${PHALA_VERSION_SEEN}, the version tested: it may print or deploy something else`,
        `if anything behaves unexpectedly: ${INSTALL}`,
      );
    },
  },
  {
    id: "orchestrator-phala",
    title: "The orchestrator's phala",
    severity: "warning",
    needs: ["phalaBin"],
    run: pathPhalaFinding,
  },
  {
    id: "ssh-key",
    title: "No SSH key that phala would add",
    severity: "warning",
    async run({ env }) {
      const folder = path.join(env["HOME"] || homedir(), ".ssh");
      const found = await firstExisting(PUBLIC_KEYS.map((name) => path.join(folder, name)));
      if (found === undefined) return passed(`none in ${folder}`);
      return failed(
        `${found}: runners that an orchestrator of this user deploys get DSTACK_AUTHORIZED_KEYS too, which makes another compose hash than the approved one: the registry would refuse them`,
        "start the orchestrator with a HOME that has no SSH key, or as another user",
      );
    },
  },
  {
    id: "phala-toml",
    title: "No phala.toml in this folder",
    severity: "warning",
    async run() {
      const file = path.resolve("phala.toml");
      const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (text === undefined) return passed("none");
      const target = /^\s*(?:name|id|uuid|app_id|cvm_id)\s*=\s*["'](.+?)["']/m.exec(text)?.[1];
      const which = target === undefined ? "another CVM" : JSON.stringify(target);
      return failed(
        `${file}: an orchestrator that is started in this folder would update ${which} instead of creating runners`,
        "start the orchestrator in a folder without a phala.toml",
      );
    },
  },
  {
    id: "phala-environment",
    title: "Variables that phala reads",
    severity: "warning",
    needs: ["phalaApiUrl"],
    run: async ({ env, connection }) => phalaEnvironmentFindings(env, connection.phalaApiUrl),
  },
];

/** Another version may put other fields into an app-compose: the runners' hash is then not the one that we approve. */
async function pathPhalaFinding(facts: DoctorFacts): ReturnType<Check<DoctorFacts>["run"]> {
  const { cli, pathPhala, version, signal } = facts;
  const [ours, theirs] = await Promise.all([cli.locate(), pathPhala.locate()]);
  if (theirs === undefined)
    return skipped("there is no phala on PATH, so no orchestrator runs here");
  if (theirs === ours) return passed(`${theirs}, the one that was checked`);
  const [checked, found] = await Promise.all([version(), pathPhala.version(signal)]);
  if (found.kind !== "ok") return failed(`${theirs}: ${found.message}`, INSTALL);
  if (checked.kind !== "ok")
    return skipped(`${theirs} ${found.value}; there is none to compare it with`);
  if (found.value === checked.value)
    return passed(`${theirs} ${found.value}, the version that was checked`);
  return failed(
    `an orchestrator that is started here runs ${theirs} ${found.value}, and ${checked.value} was checked: its runners may have another compose hash`,
    "use the same one for both: --phala-bin phala",
  );
}

async function firstExisting(files: readonly string[]): Promise<string | undefined> {
  const there = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.find((_file, index) => there[index]);
}
