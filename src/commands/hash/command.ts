import { CVM_INPUTS } from "../../core/settings.ts";
import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";
import { option, toggle } from "../shared/flags.ts";
import { HASH_INPUTS } from "./work.ts";

export const HASH_FLAGS = {
  check: toggle("fail (exit 7) unless that hash is approved: a gate for pull requests"),
  exact: toggle("ask Phala for the hash as well: it provisions a runner, and creates nothing", {
    conflicts: ["explain", "export"],
  }),
  explain: option("hash", "what a recorded hash stands for; its first 8 digits are enough", {
    conflicts: ["check"],
    completes: "hashes",
  }),
  export: option("file", "write what this machine knows, for --record on another one", {
    conflicts: ["check", "explain", "record"],
    completes: "files",
  }),
  record: option("file", "use such a file instead of this machine's record", {
    completes: "files",
  }),
};

export const hashCommand = defineCommand({
  name: "hash",
  summary: "predict the compose hash of the runner compose file, without deploying it",
  page: "hash.md",
  inputs: [
    ...HASH_INPUTS,
    ...CVM_INPUTS,
    "orchestratorConfig",
    "attest",
    "trustFile",
    ...inputsIn("connection"),
  ],
  common: ["clusterName", "runnerCompose", "registryCompose", "trustFile"],
  switches: ["config", "sandbox", "dryRun", "yes", "strict", "timings"],
  flags: HASH_FLAGS,
  examples: [
    "hash",
    "hash --exact",
    "hash --check --record approved.json",
    "hash --explain 3f9a0c12",
  ],
  notes: `
Uses what init and rotate-hash recorded on this machine, or --record; then
neither a key nor the network is needed. Where nothing is recorded, a running
runner is read from Phala's API. --exact always asks Phala (a key is needed),
and fails with exit 7 where it computes another hash than predicted, or where
what it is of runs code that the trust file does not have.

Exit codes: 0 done, with --check: approved; 7 not approved, or nothing is known;
2 wrong inputs, 3 unusable compose file, 4 Phala failed.`,
  notOk: "verification",
  run: async (run) => (await import("./hash.ts")).hash(run),
  renderer: async () => (await import("./render.ts")).renderAnyHash,
});
