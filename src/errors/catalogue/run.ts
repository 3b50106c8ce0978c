/** The run itself, the command line and the inputs. */
import {
  inCompletion,
  inDestroy,
  inDoctor,
  inErrors,
  inInputs,
  inReliability,
  inRotateHash,
  inState,
  inStatus,
} from "./entry.ts";

export const RUN = {
  "internal-error": inErrors("internal", "Internal error")
    .cause(
      "tee-cluster has a bug, or a part of it crashed. The temporary runner was deleted if there was one.",
    )
    .remedy("Run the command again with `--verbose` and report its output."),
  interrupted: inReliability("interrupted", "Interrupted")
    .cause("The run was stopped by Ctrl-C (SIGINT) or by closing its terminal (SIGHUP).")
    .remedy("Run the same command again: it resumes."),
  terminated: inReliability("terminated", "Terminated")
    .cause("The run was stopped by SIGTERM, as CI systems and service managers send it.")
    .remedy("Run the same command again: it resumes."),
  cancelled: inErrors("interrupted", "Cancelled")
    .cause("A question was declined, or left by Ctrl-C, Ctrl-D or a closed terminal.")
    .remedy(
      "The message names what exists. Run the command again when ready; `--yes` answers every confirmation.",
    ),
  "run-in-progress": inState("conflict", "Another run is in progress")
    .cause("Another tee-cluster on this machine holds the lock of this cluster.")
    .remedy("Wait until it has finished, then run the command again."),
  "lock-lost": inState("conflict", "The lock was taken over")
    .cause(
      "This run showed no sign of life for so long (a suspended machine, a stopped process) that another one took over the cluster's lock. It changed nothing after that.",
    )
    .remedy("Wait until the other run has finished, then run the command again."),
  "unknown-command": inErrors("input", "Unknown command")
    .cause("There is no command of that name.")
    .remedy("See `tee-cluster --help`."),
  "unknown-option": inErrors("input", "Unknown option")
    .cause(
      "The command does not have this option. Options come after the command; secrets never go on a command line.",
    )
    .remedy("See `tee-cluster COMMAND --help`."),
  "excess-argument": inErrors("input", "Too many arguments")
    .cause("The command takes fewer arguments than were given. Every input is an option.")
    .remedy("See `tee-cluster COMMAND --help`."),
  "option-without-value": inErrors("input", "Option without a value")
    .cause("The option needs a value.")
    .remedy("Write it as `--flag VALUE`."),
  "option-with-value": inErrors("input", "Switch with a value")
    .cause("A switch is on when it is given; it takes no value.")
    .remedy("Write the flag alone."),
  usage: inErrors("input", "Invalid command line")
    .cause("The command line is invalid, for example because two options exclude each other.")
    .remedy("See `tee-cluster COMMAND --help`."),
  "unknown-code": inErrors("input", "Unknown code")
    .cause("`explain` was called with a code that no version of this program uses.")
    .remedy("See all codes: `tee-cluster explain`."),
  "unknown-shell": inCompletion("input", "Unknown shell")
    .cause("`completion` was called with an unsupported shell.")
    .remedy("Use one of `bash`, `zsh`, `fish` and `powershell`."),
  "missing-inputs": inInputs("input", "Inputs are missing")
    .cause(
      "Required inputs have no value in a flag, variable, config file or record, and no question can be asked (`--yes`, `CI`, `--json`, or stdin is not a terminal).",
    )
    .remedy(
      "The message names every missing input with its flag and its variable. Set them, or write a `tee-cluster.yml`.",
    ),
  "invalid-inputs": inInputs("input", "Invalid inputs")
    .cause("One or more values are invalid.")
    .remedy("The message names each value and what a valid one looks like."),
  "config-file-invalid": inInputs("input", "Invalid tee-cluster.yml")
    .cause(
      "The config file can't be read, is not YAML, or has a key or value that is not accepted.",
    )
    .remedy(
      "The message names the key; the allowed ones are in the table of inputs, and in `schemas/config.json` for editors.",
    ),
  "config-file-not-trusted": inInputs("input", "A found config file may not set this")
    .cause(
      "A `tee-cluster.yml` that was found in the folder, not named with `--config`, may not set where secrets go: its author could redirect your keys.",
    )
    .remedy("Read the file; if it is right, name it: `--config tee-cluster.yml`."),
  "bad-secret-name": inInputs("input", "Invalid name in TEE_CLUSTER_SECRETS")
    .cause(
      "`TEE_CLUSTER_SECRETS` names something that can't be an environment variable, so a secret might not be hidden.",
    )
    .remedy("List names of variables, separated by commas."),
  "no-home": inState("prerequisite", "No home folder")
    .cause("Neither the environment nor the system says where this user's home folder is.")
    .remedy("Set `HOME`, or give the folder with `--state-dir`."),
  "no-working-directory": inErrors("prerequisite", "No working directory")
    .cause("The folder that the command was started in was deleted since the shell changed to it.")
    .remedy("Change to a folder that exists, then run the command again."),
  "value-not-representable": inErrors("input", "A value can't be passed to the CVM")
    .cause(
      "The environment file of `phala` can't hold this value (line breaks, control characters).",
    )
    .remedy("Change the value of the variable that the message names."),
  "watch-with-json": inStatus("input", "--watch with --json")
    .cause("`status --watch` draws on a terminal and never ends; `--json` is one document.")
    .remedy("Leave one of them out; call `tee-cluster status --json` in a loop."),
  "unknown-check": inDoctor("input", "Unknown check")
    .cause("`doctor --ignore` names a check or finding that does not exist.")
    .remedy("See the ids in docs/doctor.md, or in `tee-cluster doctor --json`."),
  "confirmation-missing": inDestroy("input", "Confirmation is missing")
    .cause("`destroy` deletes CVMs and needs a confirmation, and no question can be asked.")
    .remedy("Add `--yes`, after `tee-cluster destroy --dry-run` has shown what would be deleted."),
  "confirmation-needed": inRotateHash("input", "Running runners would lose access")
    .cause(
      "The new approved list leaves out hashes of running runners, which would get no keys after their next restart. No question can be asked.",
    )
    .remedy("Keep them with `--keep HASH`, or confirm with `--yes`."),
  "not-confirmed": inDestroy("input", "Not confirmed")
    .cause("The cluster's name that was typed is not the one that would be deleted.")
    .remedy("Run the command again and type the cluster's name."),
} as const;
