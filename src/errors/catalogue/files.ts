/** Files: compose files, orchestrator.yml, the state directory, hash records, keys. */
import {
  inAttestation,
  inCompose,
  inConfig,
  inErrors,
  inHash,
  inHistory,
  inInputs,
  inList,
  inLogs,
  inSandbox,
  inSchemaV2,
  inState,
} from "./entry.ts";

export const FILES = {
  "compose-missing": inCompose("prerequisite", "Compose file is missing")
    .cause("The compose file of the registry or of the runners is not where it is looked for.")
    .remedy(
      "Give its path with `--registry-compose` or `--runner-compose`, or run where the orchestrator runs.",
    ),
  "compose-unreadable": inCompose("prerequisite", "Compose file can't be read")
    .cause("The operating system refused to read it.")
    .remedy("Check the file's permissions."),
  "compose-not-a-file": inCompose("prerequisite", "Compose file is not a file")
    .cause("The path is a folder, pipe or device.")
    .remedy("Give the path of a regular file."),
  "compose-empty": inCompose("prerequisite", "Compose file is empty")
    .cause("There is nothing in it.")
    .remedy("Give a compose file with the spawntee service."),
  "compose-binary": inCompose("prerequisite", "Compose file is not text")
    .cause("It has bytes that are not UTF-8.")
    .remedy("Give a compose file, saved as UTF-8."),
  "compose-not-yaml": inCompose("prerequisite", "Compose file is not valid YAML")
    .cause("It can't be parsed as docker compose does.")
    .remedy("Fix the syntax at the line that the message names."),
  "compose-malformed": inCompose("prerequisite", "Compose file has no services")
    .cause("It is YAML, and not a compose file with a `services` section.")
    .remedy("Give a compose file with the spawntee service."),
  "compose-too-large": inCompose("prerequisite", "Compose file is too large")
    .cause("The platform takes an app-compose of limited size.")
    .remedy("Move files out of the compose text into images."),
  "config-missing": inSchemaV2("input", "orchestrator.yml is missing")
    .cause("`config migrate` did not find the file.")
    .remedy("Give its path: `tee-cluster config migrate PATH`."),
  "config-exists": inSchemaV2("conflict", "The output file exists")
    .cause("The file to write exists with another content; it was not changed.")
    .remedy("Remove it, or give another file with `--output`."),
  "config-file-exists": inConfig("conflict", "The config file exists")
    .cause("`config init` overwrites nothing: there is a file of that name.")
    .remedy(
      "See what it says with `tee-cluster config show`, or name another file: `tee-cluster config init my-cluster.yml`.",
    ),
  "config-file-unwritable": inConfig("prerequisite", "The config file can't be written")
    .cause("The folder is missing or read-only, or the disk is full.")
    .remedy("Name another file: `tee-cluster config init my-cluster.yml`."),
  "missing-input": inInputs("warning", "An input is missing")
    .cause("`config show` found an input that `init` requires and that is set nowhere.")
    .remedy(
      "Give it as its flag or variable, or write it into `tee-cluster.yml`; a secret goes into the environment.",
    ),
  "unknown-cluster": inList("input", "There is no such cluster")
    .cause(
      "No CVM in the account has a name of that cluster, and this machine has no record of it: a typo, or another account or API.",
    )
    .remedy("See which clusters there are: `tee-cluster list`."),
  "unknown-runner": inLogs("input", "There is no such runner")
    .cause("`logs` was given a name that no CVM of the cluster has.")
    .remedy("See which there are: `tee-cluster status`."),
  "log-unavailable": inLogs("platform", "The log can't be read")
    .cause(
      "`phala logs` failed: the container does not exist (yet), the app-compose keeps its logs private, or the CVM does not run.",
    )
    .remedy(
      "See whether the CVM runs with `tee-cluster status`, or read its console: `tee-cluster logs --serial`.",
    ),
  "config-not-v2": inSchemaV2("conflict", "The result would not be of schema v2")
    .cause("A section of the file that is not ours is not as the orchestrator's schema v2 demands.")
    .remedy("Fix the places that the message names, then run the command again."),
  "config-other-runner": inErrors("conflict", "orchestrator.yml is of another runner type")
    .cause("The file configures runners that are not on Phala Cloud; it was not changed.")
    .remedy("Give another file with `--orchestrator-config`."),
  "config-unreadable": inErrors("conflict", "orchestrator.yml can't be read")
    .cause(
      "The existing file can't be read or is not valid YAML; it was not changed, so that nothing in it is lost.",
    )
    .remedy("Fix the file, or give another one with `--orchestrator-config`."),
  "config-unwritable": inErrors("conflict", "orchestrator.yml can't be written")
    .cause(
      "The operating system refused it (permissions, a full or read-only disk). The existing file is unchanged.",
    )
    .remedy("Fix the cause, then run the same command again; it resumes."),
  "config-not-a-file": inErrors("conflict", "orchestrator.yml is not a file")
    .cause("The path is a folder or a device.")
    .remedy("Give another path with `--orchestrator-config`."),
  "config-folder-missing": inErrors("input", "The folder does not exist")
    .cause("The folder of `--orchestrator-config` does not exist.")
    .remedy("Create it, or give another path."),
  "config-not-known": inSchemaV2("warning", "An unknown part was left as it is")
    .cause("orchestrator.yml has something that neither schema knows.")
    .remedy("Compare it with the orchestrator's documentation."),
  "runner-hash-changes": inSchemaV2("warning", "Runners get another compose hash")
    .cause(
      "With schema v2 the orchestrator passes its runners other environment names, which are part of the compose hash.",
    )
    .remedy(
      "Run `tee-cluster rotate-hash --orchestrator-schema v2` before the new orchestrator starts.",
    ),
  "orchestrator-schema-unclear": inSchemaV2("input", "Which schema the orchestrator has is unclear")
    .cause(
      "The environment names of the runners, and so their hash, depend on it; a guess would approve the hash of no real runner.",
    )
    .remedy(
      "Give `--orchestrator-schema v1` or `v2` (with `GATEWAY_AUTH_COORDINATOR_WALLET` where it is set).",
    ),
  "gateway-key-path-missing": inSchemaV2("input", "The gateway key's path is missing")
    .cause("Schema v2 needs the path of the coordinator's RSA key.")
    .remedy("Set `GATEWAY_KEY_PATH` or give `--gateway-key-path`."),
  "bad-gateway-key": inSchemaV2("input or prerequisite", "Unusable gateway key")
    .cause("The file is not a private RSA key in PEM.")
    .remedy("Give the coordinator's key with `--gateway-key-path`."),
  "state-unwritable": inState("prerequisite", "The state directory can't be written")
    .cause(
      "Without a record of what was created, a run could leave CVMs behind; so nothing was done.",
    )
    .remedy("Fix permissions or disk space, or give another folder with `--state-dir`."),
  "state-unreadable": inState("prerequisite", "The record can't be read")
    .cause("The operating system refused to read the record of earlier runs.")
    .remedy("Check permissions, or give another folder with `--state-dir`."),
  "state-damaged": inState("prerequisite", "The record is damaged")
    .cause(
      "The record of earlier runs was edited, or is torn in the middle. It decides what is deleted and approved, so nothing is assumed about it.",
    )
    .remedy("Restore the file from a backup; the message names it."),
  "state-too-new": inState("prerequisite", "The record is of a newer version")
    .cause("A newer tee-cluster has written the record.")
    .remedy("Upgrade: `npm install -g tee-cluster@latest`."),
  "temporary-directory-unwritable": inErrors("prerequisite", "No temporary folder")
    .cause("Files for `phala` can't be written to the system's temporary folder.")
    .remedy("Check disk space and permissions, or set `TMPDIR`."),
  "hash-record-unreadable": inHash("input or conflict", "Hash record can't be read")
    .cause("The operating system refused to read the file.")
    .remedy(
      "Check the path and its permissions; write a new one where init was run: `tee-cluster hash --export FILE`.",
    ),
  "hash-record-invalid": inHash("input", "Not a hash record")
    .cause("The file is not one that `hash --export` wrote.")
    .remedy("Write one where init was run: `tee-cluster hash --export FILE`."),
  "hash-record-too-new": inHash("input", "Hash record of a newer version")
    .cause("A newer tee-cluster has written it.")
    .remedy("Upgrade: `npm install -g tee-cluster@latest`."),
  "hash-record-of-another": inHash("input", "Hash record of another cluster")
    .cause("The record is about another cluster or another API host than this run.")
    .remedy("Give the record of this cluster."),
  "hash-record-damaged": inHash("verification", "Hash record was changed")
    .cause("An app-compose in it does not hash to the name it has.")
    .remedy("Write a new one where init was run: `tee-cluster hash --export FILE`."),
  "hash-record-in-the-way": inHash("conflict", "Another file is in the way")
    .cause(
      "The file to export to exists and is not a hash record of this cluster; it was not changed.",
    )
    .remedy("Remove it, or give another path."),
  "hash-record-unwritable": inHash("conflict", "Hash record can't be written")
    .cause("The operating system refused it; the existing file is unchanged.")
    .remedy("Fix permissions or disk space, or give another path."),
  "hash-record-not-a-file": inHash("conflict", "The export path is not a file")
    .cause("It is a folder or a device.")
    .remedy("Give another path."),
  "hash-record-folder-missing": inHash("input", "The folder does not exist")
    .cause("The folder of the file to export to does not exist.")
    .remedy("Create it, or give another path."),
  "secret-in-compose": inHash("input", "A secret in the compose file")
    .cause(
      "The record would hold a marked secret in plain text, since it is written into the compose file.",
    )
    .remedy("Pass it as a variable instead of writing it in."),
  "history-line-unreadable": inHistory("warning", "A line of the history is left out")
    .cause("The line is not an entry, for example because a write was torn by a power cut.")
    .remedy("Check the whole file: `tee-cluster history --verify`."),
  "evidence-unwritable": inAttestation(
    "conflict or prerequisite or input",
    "Evidence can't be written",
  )
    .cause("The folder of `--save-evidence` can't be written.")
    .remedy("Check the path, permissions and disk space."),
  "bad-evidence": inAttestation("input or verification", "Unusable evidence file")
    .cause("The file of `--evidence` or `--collateral` can't be read, or has an unknown form.")
    .remedy(
      "Give files that `tee-cluster verify --save-evidence DIR` wrote, or a quote and collateral as dcap-qvl saves it.",
    ),
  "bad-trust-file": inAttestation("input", "Invalid trust file")
    .cause("The trust file can't be read or is invalid.")
    .remedy("Fix what the message names; without `--trust-file` the built-in trust is used."),
  "port-taken": inSandbox("conflict", "The port is taken")
    .cause("Another program listens on the sandbox's port.")
    .remedy("Choose another one with `--port`, or leave it out."),
  "port-unusable": inSandbox("prerequisite", "The port can't be used")
    .cause("The operating system does not let the sandbox listen on that port.")
    .remedy("Choose another one with `--port` (above 1023), or leave it out."),
} as const;
