/** The run itself, the command line and the inputs. */
import { entry } from "./entry.ts";

export const RUN = {
  "internal-error": entry("internal", "Internal error", "errors.md", {
    cause:
      "tee-cluster has a bug, or a part of it crashed. The temporary runner was deleted if there was one.",
    remedy: "Run the command again with `--verbose` and report its output.",
  }),
  interrupted: entry("interrupted", "Interrupted", "reliability.md", {
    cause: "The run was stopped by Ctrl-C (SIGINT) or by closing its terminal (SIGHUP).",
    remedy: "Run the same command again: it resumes.",
  }),
  terminated: entry("terminated", "Terminated", "reliability.md", {
    cause: "The run was stopped by SIGTERM, as CI systems and service managers send it.",
    remedy: "Run the same command again: it resumes.",
  }),
  cancelled: entry("interrupted", "Cancelled", "errors.md", {
    cause: "A question was declined, or left by Ctrl-C, Ctrl-D or a closed terminal.",
    remedy:
      "The message names what exists. Run the command again when ready; `--yes` answers every confirmation.",
  }),
  "run-in-progress": entry("conflict", "Another run is in progress", "state.md", {
    cause: "Another tee-cluster on this machine holds the lock of this cluster.",
    remedy: "Wait until it has finished, then run the command again.",
  }),
  "lock-lost": entry("conflict", "The lock was taken over", "state.md", {
    cause:
      "This run showed no sign of life for so long (a suspended machine, a stopped process) that another one took over the cluster's lock. It changed nothing after that.",
    remedy: "Wait until the other run has finished, then run the command again.",
  }),
  "unknown-command": entry("input", "Unknown command", "errors.md", {
    cause: "There is no command of that name.",
    remedy: "See `tee-cluster --help`.",
  }),
  "unknown-option": entry("input", "Unknown option", "errors.md", {
    cause:
      "The command does not have this option. Options come after the command; secrets never go on a command line.",
    remedy: "See `tee-cluster COMMAND --help`.",
  }),
  "excess-argument": entry("input", "Too many arguments", "errors.md", {
    cause: "The command takes fewer arguments than were given. Every input is an option.",
    remedy: "See `tee-cluster COMMAND --help`.",
  }),
  "option-without-value": entry("input", "Option without a value", "errors.md", {
    cause: "The option needs a value.",
    remedy: "Write it as `--flag VALUE`.",
  }),
  "option-with-value": entry("input", "Switch with a value", "errors.md", {
    cause: "A switch is on when it is given; it takes no value.",
    remedy: "Write the flag alone.",
  }),
  usage: entry("input", "Invalid command line", "errors.md", {
    cause: "The command line is invalid, for example because two options exclude each other.",
    remedy: "See `tee-cluster COMMAND --help`.",
  }),
  "unknown-code": entry("input", "Unknown code", "errors.md", {
    cause: "`explain` was called with a code that no version of this program uses.",
    remedy: "See all codes: `tee-cluster explain`.",
  }),
  "unknown-shell": entry("input", "Unknown shell", "completion.md", {
    cause: "`completion` was called with an unsupported shell.",
    remedy: "Use one of `bash`, `zsh`, `fish` and `powershell`.",
  }),
  "missing-inputs": entry("input", "Inputs are missing", "inputs.md", {
    cause:
      "Required inputs have no value in a flag, variable, config file or record, and no question can be asked (`--yes`, `CI`, `--json`, or stdin is not a terminal).",
    remedy:
      "The message names every missing input with its flag and its variable. Set them, or write a `tee-cluster.yml`.",
  }),
  "invalid-inputs": entry("input", "Invalid inputs", "inputs.md", {
    cause: "One or more values are invalid.",
    remedy: "The message names each value and what a valid one looks like.",
  }),
  "config-file-invalid": entry("input", "Invalid tee-cluster.yml", "inputs.md", {
    cause:
      "The config file can't be read, is not YAML, or has a key or value that is not accepted.",
    remedy:
      "The message names the key; the allowed ones are in the table of inputs, and in `schemas/config.json` for editors.",
  }),
  "config-file-not-trusted": entry("input", "A found config file may not set this", "inputs.md", {
    cause:
      "A `tee-cluster.yml` that was found in the folder, not named with `--config`, may not set where secrets go: its author could redirect your keys.",
    remedy: "Read the file; if it is right, name it: `--config tee-cluster.yml`.",
  }),
  "bad-secret-name": entry("input", "Invalid name in TEE_CLUSTER_SECRETS", "inputs.md", {
    cause:
      "`TEE_CLUSTER_SECRETS` names something that can't be an environment variable, so a secret might not be hidden.",
    remedy: "List names of variables, separated by commas.",
  }),
  "no-home": entry("prerequisite", "No home folder", "state.md", {
    cause: "Neither the environment nor the system says where this user's home folder is.",
    remedy: "Set `HOME`, or give the folder with `--state-dir`.",
  }),
  "value-not-representable": entry("input", "A value can't be passed to the CVM", "errors.md", {
    cause:
      "The environment file of `phala` can't hold this value (line breaks, control characters).",
    remedy: "Change the value of the variable that the message names.",
  }),
  "watch-with-json": entry("input", "--watch with --json", "status.md", {
    cause: "`status --watch` draws on a terminal and never ends; `--json` is one document.",
    remedy: "Leave one of them out; call `tee-cluster status --json` in a loop.",
  }),
  "unknown-check": entry("input", "Unknown check", "doctor.md", {
    cause: "`doctor --ignore` names a check or finding that does not exist.",
    remedy: "See the ids in docs/doctor.md, or in `tee-cluster doctor --json`.",
  }),
  "confirmation-missing": entry("input", "Confirmation is missing", "destroy.md", {
    cause: "`destroy` deletes CVMs and needs a confirmation, and no question can be asked.",
    remedy: "Add `--yes`, after `tee-cluster destroy --dry-run` has shown what would be deleted.",
  }),
  "confirmation-needed": entry("input", "Running runners would lose access", "rotate-hash.md", {
    cause:
      "The new approved list leaves out hashes of running runners, which would get no keys after their next restart. No question can be asked.",
    remedy: "Keep them with `--keep HASH`, or confirm with `--yes`.",
  }),
  "not-confirmed": entry("input", "Not confirmed", "destroy.md", {
    cause: "The cluster's name that was typed is not the one that would be deleted.",
    remedy: "Run the command again and type the cluster's name.",
  }),
} as const;
