/** The checks of step 1 and of `doctor`, by id: the code of a run that fails because of one of them alone. */
import { inCompose, inDoctor, inSchemaV2 } from "./entry.ts";

export const CHECKS = {
  "prerequisites-failed": inDoctor("input or prerequisite or conflict", "Several checks failed")
    .cause("More than one check of step 1 failed; nothing was touched.")
    .remedy(
      "Fix what the message lists, then run the command again; see all checks: `tee-cluster doctor`.",
    ),
  inputs: inDoctor("input", "Check: inputs")
    .cause("Inputs are missing or invalid.")
    .remedy("The message names each with its flag and variable."),
  "aws-credentials": inDoctor("input", "Check: AWS credentials")
    .cause("The AWS key that the registry reads models with does not look like an AWS key.")
    .remedy("Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` of one key."),
  "phala-cli": inDoctor("prerequisite", "Check: phala CLI installed")
    .cause("The `phala` command is not on PATH, or does not run.")
    .remedy("Install it: `npm install -g phala`, or name it with `--phala-bin`."),
  "phala-login": inDoctor("prerequisite", "Check: phala CLI logged in")
    .cause("`phala` does not accept the API key.")
    .remedy("Put a valid key into `PHALA_API_KEY`."),
  "api-key": inDoctor("prerequisite", "Check: API key accepted")
    .cause("Phala's API does not accept the key, or did not answer.")
    .remedy(
      "Create a key at https://cloud.phala.com/dashboard (API tokens) and put it into `PHALA_API_KEY`.",
    ),
  credit: inDoctor("prerequisite", "Check: account has credit")
    .cause("The account has no credit to run CVMs with.")
    .remedy("Top up at https://cloud.phala.com/dashboard (billing)."),
  "credit-low": inDoctor("prerequisite or warning", "Check: credit lasts a day")
    .cause(
      "The account's credit pays for less than a day of one CVM of the chosen size. Phala stops CVMs when it is used up; the models on them stop, and a registry that is deleted takes the models' keys with it.",
    )
    .remedy("Top up at https://cloud.phala.com/dashboard (billing)."),
  clock: inDoctor("prerequisite or warning", "Check: clock")
    .cause(
      "This machine's clock differs from the platform's: ages, timeouts and certificates would be judged wrongly.",
    )
    .remedy("Set the clock, for example with NTP."),
  proxy: inDoctor("prerequisite or warning", "Check: proxy")
    .cause("The proxy variables can't be used, or leave out a host that is needed.")
    .remedy("Fix `HTTPS_PROXY` and `NO_PROXY`."),
  state: inDoctor("prerequisite or warning", "Check: record of earlier runs")
    .cause("The state directory can't be read or written.")
    .remedy("Fix permissions or disk space, or give another folder with `--state-dir`."),
  "registry-compose": inCompose("prerequisite", "Check: registry compose file")
    .cause("The registry's compose file can't work on a CVM.")
    .remedy("Fix each finding; the findings have codes of their own."),
  "runner-compose": inCompose("prerequisite", "Check: runner compose file")
    .cause("The runners' compose file can't work on a CVM.")
    .remedy("Fix each finding; the findings have codes of their own."),
  "compose-lint": inCompose("prerequisite or warning", "Check: compose files pin what runs")
    .cause(
      "A compose file works, and has something unsafe or unexpected, such as an image that is not pinned by digest.",
    )
    .remedy("Fix each finding; the findings have codes of their own."),
  "instance-type": inDoctor("prerequisite", "Check: instance type")
    .cause("Phala does not offer this size.")
    .remedy("Choose one of those that the message lists with `--instance-type`."),
  node: inDoctor("prerequisite", "Check: node")
    .cause("Phala has no such node for this account.")
    .remedy("Choose one of those that the message lists with `--node`, or leave it out."),
  "gateway-key": inSchemaV2("prerequisite", "Check: gateway key")
    .cause("The coordinator's RSA key is missing, unreadable, or not an RSA key.")
    .remedy("Give its path with `--gateway-key-path`."),
  "orchestrator-config": inDoctor("prerequisite", "Check: orchestrator config")
    .cause("The file to write could not be written in step 10.")
    .remedy(
      "Fix the folder or its permissions, or give another path with `--orchestrator-config`.",
    ),
  "orchestrator-config-of-another-cluster": inDoctor(
    "conflict or prerequisite",
    "Check: orchestrator config of this cluster",
  )
    .cause(
      "The existing orchestrator.yml belongs to another cluster or API host; it is never changed.",
    )
    .remedy("Write another file with `--orchestrator-config`."),
  "orchestrator-config-content": inSchemaV2(
    "prerequisite or warning",
    "Check: what the orchestrator reads",
  )
    .cause("The file as it would be has something that the orchestrator can't read.")
    .remedy("Fix the places that the message names."),
  "orchestrator-schema-v1": inSchemaV2(
    "prerequisite or warning",
    "Check: schema of a released orchestrator",
  )
    .cause("Schema v1 is read by no released orchestrator.")
    .remedy(
      "Use `--orchestrator-schema v2` with `--gateway-key-path`; an existing file: `tee-cluster config migrate`.",
    ),
  "registry-name": inDoctor("conflict or prerequisite", "Check: registry's name")
    .cause("A CVM of the registry's name exists and was not made by this machine for this cluster.")
    .remedy("If it is yours, take it over with `--adopt`; else choose another `--cluster-name`."),
  "cluster-name": inDoctor("conflict or prerequisite", "Check: cluster's name")
    .cause("Another cluster's CVMs would match this name, or this one's theirs.")
    .remedy("Choose another `--cluster-name`."),
  "base-domain": inCompose("prerequisite or warning", "Check: gateway domain")
    .cause(
      "A compose file or `CVM_BASE_DOMAIN` has another gateway domain than the node that the registry runs on.",
    )
    .remedy("Use `${CVM_BASE_DOMAIN}` in the compose file, without a default."),
  "phala-version": inDoctor("prerequisite or warning", "Check: phala version")
    .cause("This version of `phala` has not been tested with this program.")
    .remedy("Install the version that the message names."),
  "orchestrator-phala": inDoctor("prerequisite or warning", "Check: the orchestrator's phala")
    .cause("An orchestrator that is started here would run another `phala`, or none.")
    .remedy("Put the right one first on PATH."),
  "ssh-key": inDoctor("prerequisite or warning", "Check: SSH key")
    .cause(
      "`phala` would put this user's SSH key into each CVM that the orchestrator deploys, and thereby change its compose hash.",
    )
    .remedy("Move `~/.ssh/id_*.pub` out of the way of the orchestrator's user."),
  "phala-toml": inDoctor("prerequisite or warning", "Check: phala.toml")
    .cause("A `phala.toml` in this folder changes what `phala` deploys.")
    .remedy("Run from another folder, or remove the file."),
  "phala-environment": inDoctor("prerequisite or warning", "Check: variables that phala reads")
    .cause("Environment variables are set that change what `phala` does.")
    .remedy("Unset those that the message names for the orchestrator."),
} as const;
