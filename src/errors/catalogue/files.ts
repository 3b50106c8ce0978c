/** Files: compose files, orchestrator.yml, the state directory, hash records, keys. */
import { entry } from "./entry.ts";

export const FILES = {
  "compose-missing": entry("prerequisite", "Compose file is missing", "compose.md", {
    cause: "The compose file of the registry or of the runners is not where it is looked for.",
    remedy:
      "Give its path with `--registry-compose` or `--runner-compose`, or run where the orchestrator runs.",
  }),
  "compose-unreadable": entry("prerequisite", "Compose file can't be read", "compose.md", {
    cause: "The operating system refused to read it.",
    remedy: "Check the file's permissions.",
  }),
  "compose-not-a-file": entry("prerequisite", "Compose file is not a file", "compose.md", {
    cause: "The path is a folder, pipe or device.",
    remedy: "Give the path of a regular file.",
  }),
  "compose-empty": entry("prerequisite", "Compose file is empty", "compose.md", {
    cause: "There is nothing in it.",
    remedy: "Give a compose file with the spawntee service.",
  }),
  "compose-binary": entry("prerequisite", "Compose file is not text", "compose.md", {
    cause: "It has bytes that are not UTF-8.",
    remedy: "Give a compose file, saved as UTF-8.",
  }),
  "compose-not-yaml": entry("prerequisite", "Compose file is not valid YAML", "compose.md", {
    cause: "It can't be parsed as docker compose does.",
    remedy: "Fix the syntax at the line that the message names.",
  }),
  "compose-malformed": entry("prerequisite", "Compose file has no services", "compose.md", {
    cause: "It is YAML, and not a compose file with a `services` section.",
    remedy: "Give a compose file with the spawntee service.",
  }),
  "compose-too-large": entry("prerequisite", "Compose file is too large", "compose.md", {
    cause: "The platform takes an app-compose of limited size.",
    remedy: "Move files out of the compose text into images.",
  }),
  "config-missing": entry("input", "orchestrator.yml is missing", "schema-v2.md", {
    cause: "`config migrate` did not find the file.",
    remedy: "Give its path: `tee-cluster config migrate PATH`.",
  }),
  "config-exists": entry("conflict", "The output file exists", "schema-v2.md", {
    cause: "The file to write exists with another content; it was not changed.",
    remedy: "Remove it, or give another file with `--output`.",
  }),
  "config-file-exists": entry("conflict", "The config file exists", "config.md", {
    cause: "`config init` overwrites nothing: there is a file of that name.",
    remedy:
      "See what it says with `tee-cluster config show`, or name another file: `tee-cluster config init my-cluster.yml`.",
  }),
  "config-file-unwritable": entry("prerequisite", "The config file can't be written", "config.md", {
    cause: "The folder is missing or read-only, or the disk is full.",
    remedy: "Name another file: `tee-cluster config init my-cluster.yml`.",
  }),
  "missing-input": entry("warning", "An input is missing", "inputs.md", {
    cause: "`config show` found an input that `init` requires and that is set nowhere.",
    remedy:
      "Give it as its flag or variable, or write it into `tee-cluster.yml`; a secret goes into the environment.",
  }),
  "unknown-cluster": entry("input", "There is no such cluster", "list.md", {
    cause:
      "No CVM in the account has a name of that cluster, and this machine has no record of it: a typo, or another account or API.",
    remedy: "See which clusters there are: `tee-cluster list`.",
  }),
  "unknown-runner": entry("input", "There is no such runner", "logs.md", {
    cause: "`logs` was given a name that no CVM of the cluster has.",
    remedy: "See which there are: `tee-cluster status`.",
  }),
  "log-unavailable": entry("platform", "The log can't be read", "logs.md", {
    cause:
      "`phala logs` failed: the container does not exist (yet), the app-compose keeps its logs private, or the CVM does not run.",
    remedy:
      "See whether the CVM runs with `tee-cluster status`, or read its console: `tee-cluster logs --serial`.",
  }),
  "config-not-v2": entry("conflict", "The result would not be of schema v2", "schema-v2.md", {
    cause: "A section of the file that is not ours is not as the orchestrator's schema v2 demands.",
    remedy: "Fix the places that the message names, then run the command again.",
  }),
  "config-other-runner": entry(
    "conflict",
    "orchestrator.yml is of another runner type",
    "errors.md",
    {
      cause: "The file configures runners that are not on Phala Cloud; it was not changed.",
      remedy: "Give another file with `--orchestrator-config`.",
    },
  ),
  "config-unreadable": entry("conflict", "orchestrator.yml can't be read", "errors.md", {
    cause:
      "The existing file can't be read or is not valid YAML; it was not changed, so that nothing in it is lost.",
    remedy: "Fix the file, or give another one with `--orchestrator-config`.",
  }),
  "config-unwritable": entry("conflict", "orchestrator.yml can't be written", "errors.md", {
    cause:
      "The operating system refused it (permissions, a full or read-only disk). The existing file is unchanged.",
    remedy: "Fix the cause, then run the same command again; it resumes.",
  }),
  "config-not-a-file": entry("conflict", "orchestrator.yml is not a file", "errors.md", {
    cause: "The path is a folder or a device.",
    remedy: "Give another path with `--orchestrator-config`.",
  }),
  "config-folder-missing": entry("input", "The folder does not exist", "errors.md", {
    cause: "The folder of `--orchestrator-config` does not exist.",
    remedy: "Create it, or give another path.",
  }),
  "config-not-known": entry("warning", "An unknown part was left as it is", "schema-v2.md", {
    cause: "orchestrator.yml has something that neither schema knows.",
    remedy: "Compare it with the orchestrator's documentation.",
  }),
  "runner-hash-changes": entry("warning", "Runners get another compose hash", "schema-v2.md", {
    cause:
      "With schema v2 the orchestrator passes its runners other environment names, which are part of the compose hash.",
    remedy:
      "Run `tee-cluster rotate-hash --orchestrator-schema v2` before the new orchestrator starts.",
  }),
  "orchestrator-schema-unclear": entry(
    "input",
    "Which schema the orchestrator has is unclear",
    "schema-v2.md",
    {
      cause:
        "The environment names of the runners, and so their hash, depend on it; a guess would approve the hash of no real runner.",
      remedy:
        "Give `--orchestrator-schema v1` or `v2` (with `GATEWAY_AUTH_COORDINATOR_WALLET` where it is set).",
    },
  ),
  "gateway-key-path-missing": entry("input", "The gateway key's path is missing", "schema-v2.md", {
    cause: "Schema v2 needs the path of the coordinator's RSA key.",
    remedy: "Set `GATEWAY_KEY_PATH` or give `--gateway-key-path`.",
  }),
  "bad-gateway-key": entry("input or prerequisite", "Unusable gateway key", "schema-v2.md", {
    cause: "The file is not a private RSA key in PEM.",
    remedy: "Give the coordinator's key with `--gateway-key-path`.",
  }),
  "state-unwritable": entry("prerequisite", "The state directory can't be written", "state.md", {
    cause:
      "Without a record of what was created, a run could leave CVMs behind; so nothing was done.",
    remedy: "Fix permissions or disk space, or give another folder with `--state-dir`.",
  }),
  "state-unreadable": entry("prerequisite", "The record can't be read", "state.md", {
    cause: "The operating system refused to read the record of earlier runs.",
    remedy: "Check permissions, or give another folder with `--state-dir`.",
  }),
  "state-damaged": entry("prerequisite", "The record is damaged", "state.md", {
    cause:
      "The record of earlier runs was edited, or is torn in the middle. It decides what is deleted and approved, so nothing is assumed about it.",
    remedy: "Restore the file from a backup; the message names it.",
  }),
  "state-too-new": entry("prerequisite", "The record is of a newer version", "state.md", {
    cause: "A newer tee-cluster has written the record.",
    remedy: "Upgrade: `npm install -g tee-cluster@latest`.",
  }),
  "temporary-directory-unwritable": entry("prerequisite", "No temporary folder", "errors.md", {
    cause: "Files for `phala` can't be written to the system's temporary folder.",
    remedy: "Check disk space and permissions, or set `TMPDIR`.",
  }),
  "hash-record-unreadable": entry("input or conflict", "Hash record can't be read", "hash.md", {
    cause: "The operating system refused to read the file.",
    remedy:
      "Check the path and its permissions; write a new one where init was run: `tee-cluster hash --export FILE`.",
  }),
  "hash-record-invalid": entry("input", "Not a hash record", "hash.md", {
    cause: "The file is not one that `hash --export` wrote.",
    remedy: "Write one where init was run: `tee-cluster hash --export FILE`.",
  }),
  "hash-record-too-new": entry("input", "Hash record of a newer version", "hash.md", {
    cause: "A newer tee-cluster has written it.",
    remedy: "Upgrade: `npm install -g tee-cluster@latest`.",
  }),
  "hash-record-of-another": entry("input", "Hash record of another cluster", "hash.md", {
    cause: "The record is about another cluster or another API host than this run.",
    remedy: "Give the record of this cluster.",
  }),
  "hash-record-damaged": entry("verification", "Hash record was changed", "hash.md", {
    cause: "An app-compose in it does not hash to the name it has.",
    remedy: "Write a new one where init was run: `tee-cluster hash --export FILE`.",
  }),
  "hash-record-in-the-way": entry("conflict", "Another file is in the way", "hash.md", {
    cause:
      "The file to export to exists and is not a hash record of this cluster; it was not changed.",
    remedy: "Remove it, or give another path.",
  }),
  "hash-record-unwritable": entry("conflict", "Hash record can't be written", "hash.md", {
    cause: "The operating system refused it; the existing file is unchanged.",
    remedy: "Fix permissions or disk space, or give another path.",
  }),
  "hash-record-not-a-file": entry("conflict", "The export path is not a file", "hash.md", {
    cause: "It is a folder or a device.",
    remedy: "Give another path.",
  }),
  "hash-record-folder-missing": entry("input", "The folder does not exist", "hash.md", {
    cause: "The folder of the file to export to does not exist.",
    remedy: "Create it, or give another path.",
  }),
  "secret-in-compose": entry("input", "A secret in the compose file", "hash.md", {
    cause:
      "The record would hold a marked secret in plain text, since it is written into the compose file.",
    remedy: "Pass it as a variable instead of writing it in.",
  }),
  "history-line-unreadable": entry("warning", "A line of the history is left out", "history.md", {
    cause: "The line is not an entry, for example because a write was torn by a power cut.",
    remedy: "Check the whole file: `tee-cluster history --verify`.",
  }),
  "evidence-unwritable": entry(
    "conflict or prerequisite or input",
    "Evidence can't be written",
    "attestation.md",
    {
      cause: "The folder of `--save-evidence` can't be written.",
      remedy: "Check the path, permissions and disk space.",
    },
  ),
  "bad-evidence": entry("input or verification", "Unusable evidence file", "attestation.md", {
    cause: "The file of `--evidence` or `--collateral` can't be read, or has an unknown form.",
    remedy:
      "Give files that `tee-cluster verify --save-evidence DIR` wrote, or a quote and collateral as dcap-qvl saves it.",
  }),
  "bad-trust-file": entry("input", "Invalid trust file", "attestation.md", {
    cause: "The trust file can't be read or is invalid.",
    remedy: "Fix what the message names; without `--trust-file` the built-in trust is used.",
  }),
  "port-taken": entry("conflict", "The port is taken", "sandbox.md", {
    cause: "Another program listens on the sandbox's port.",
    remedy: "Choose another one with `--port`, or leave it out.",
  }),
  "port-unusable": entry("prerequisite", "The port can't be used", "sandbox.md", {
    cause: "The operating system does not let the sandbox listen on that port.",
    remedy: "Choose another one with `--port` (above 1023), or leave it out.",
  }),
} as const;
