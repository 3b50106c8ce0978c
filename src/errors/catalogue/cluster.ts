/** The registry, the runners and the approved list. */
import {
  inAttestation,
  inCompose,
  inDestroy,
  inErrors,
  inHash,
  inHistory,
  inReliability,
  inRotateHash,
  inSchemaV2,
  inState,
  inStatus,
} from "./entry.ts";

export const CLUSTER = {
  "registry-exists": inState("conflict", "The registry exists already")
    .cause(
      "A CVM with the registry's name exists, and no record on this machine says that it is ours.",
    )
    .remedy("If it is yours, take it over with `--adopt`; else choose another `--cluster-name`."),
  "registry-ambiguous": inErrors("conflict or finding", "Several CVMs may be the registry")
    .cause("More than one CVM has the registry's name or app_id, as after `phala cvms replicate`.")
    .remedy(
      "Delete those that are not needed, each by its vm_uuid: `phala cvms delete VM_UUID --force`.",
    ),
  "registry-missing": inErrors("prerequisite or input", "There is no registry")
    .cause("The cluster has no registry CVM. A typo in the name looks the same.")
    .remedy("Check `--cluster-name`; create the cluster: `tee-cluster init`."),
  "registry-gone": inErrors("platform", "The registry is gone")
    .cause("Somebody deleted the registry's CVM during the run.")
    .remedy("Create a new one: `tee-cluster init`."),
  "registry-not-running": inStatus("platform or finding", "The registry is not running")
    .cause("Its CVM is stopped, or failed to boot.")
    .remedy("See its log: `tee-cluster logs`; then run the same command again."),
  "no-registry": inStatus("finding", "The cluster has no registry")
    .cause("No CVM has the registry's name.")
    .remedy("Create the cluster: `tee-cluster init`."),
  "registry-unhealthy": inStatus("finding", "The registry is not healthy")
    .cause("It runs, and its `/health` does not say that it is healthy.")
    .remedy("See its log: `tee-cluster logs`."),
  "wrong-service": inStatus("verification or finding", "Another service answers")
    .cause("What answers at the registry's address is not spawntee.")
    .remedy("Check the compose file's ports and `--spawntee-port`."),
  "wrong-mode": inCompose("verification or finding", "The registry is in the wrong mode")
    .cause("Spawntee does not run as `registry+runner`, so it would hand out no keys.")
    .remedy("Check `MODE` in the registry's compose file."),
  "compose-hash-malformed": inHash("verification", "Not a compose hash")
    .cause(
      "The API gave something that is not 64 lower-case hex digits as a compose hash. Nothing was approved.",
    )
    .remedy("Run the same command again; if it persists, ask Phala."),
  "compose-hash-mismatch": inHash("verification or finding", "Hash and app-compose disagree")
    .cause(
      "The app-compose that the API gives does not hash to the compose hash that it gives. One of them is wrong, so neither is approved.",
    )
    .remedy("Do not approve it. Compare both: `phala cvms get NAME --json`, then ask Phala."),
  "compose-text-mismatch": inHash("verification", "The CVM runs another compose text")
    .cause(
      "The compose text that was read back is not the one that was deployed. Nothing was approved.",
    )
    .remedy("Compare both: `phala cvms get NAME --json`, then ask Phala."),
  "allowed-envs-mismatch": inHash("verification", "The CVM has other environment names")
    .cause("The names that were read back are not those that were deployed. Nothing was approved.")
    .remedy("Compare both: `phala cvms get NAME --json`, then ask Phala."),
  "app-compose-ambiguous": inHash("verification", "An app-compose can't be hashed reliably")
    .cause("It has duplicate keys, numbers or characters that two programs would read differently.")
    .remedy("Do not approve its hash; deploy the CVM again from the compose file."),
  "app-compose-unreadable": inHash("verification", "An app-compose can't be read")
    .cause("Could not read what a CVM runs; a hash is approved only after that was read.")
    .remedy("Run the same command again."),
  "app-compose-missing": inHash("verification", "No app-compose is recorded")
    .cause("The hash is known, but its app-compose is not recorded here.")
    .remedy("Run the command on the machine that approved it, or with `--record FILE`."),
  "app-compose-unchecked": inHash("warning", "The hash could not be recomputed")
    .cause("The API gave no app-compose, so its hash is taken without a check.")
    .remedy("Use `--strict` to refuse that."),
  "compose-not-stored": inState("warning", "A compose file with a secret is not stored")
    .cause(
      "A secret is written into a compose file or pre-launch script. The state directory keeps no secret, so the text behind the hash is not kept there: the next run deploys a temporary runner again, and there is nothing to roll back to.",
    )
    .remedy(
      "Write `${NAME}` in its place, pass the value in the environment, and replace the secret.",
    ),
  "app-compose-unread": inStatus("finding", "An app-compose could not be read")
    .cause("The API did not give what this CVM runs.")
    .remedy("Run the same command again."),
  "app-compose-field": inHash("warning", "An unusual app-compose field")
    .cause("A field of the app-compose is new, or not as in other deployments.")
    .remedy("Read the message; with `--strict` this is an error."),
  "pre-launch-script": inHash("warning", "An unknown pre-launch script")
    .cause(
      "The platform runs a script before the containers that was not seen before. Its author gets access to the keys.",
    )
    .remedy("Compare its SHA-256 with one that you know; with `--strict` this is an error."),
  "prediction-differed": inHash("warning", "The platform adds other fields than before")
    .cause("The hash differs from the prediction, because the platform's defaults have changed.")
    .remedy("Nothing, if the fields that the message names are harmless."),
  "hash-differs": inHash("verification", "Phala computes another hash than predicted")
    .cause(
      "Phala builds app-composes in another way than for the CVM that the prediction is based on.",
    )
    .remedy("Read the hash back from a temporary runner: `tee-cluster rotate-hash --fresh`."),
  "provisioning-failed": inHash("platform", "Phala did not compute the hash")
    .cause("The provisioning that `hash --exact` asks for was refused or got no clear answer.")
    .remedy("Run the command again, or leave --exact out."),
  "registry-compose-mismatch": inErrors("verification", "The registry runs an unknown compose file")
    .cause(
      "It runs a compose file that this machine did not give it, and the platform lists no update by anybody else. No secret was sent to it.",
    )
    .remedy(
      "Look at what it runs: `phala cvms get NAME --json`; if it is right, give the same file with `--registry-compose`.",
    ),
  "registry-compose-unrecorded": inErrors("warning", "The registry's compose file is not recorded")
    .cause("It runs a compose file that no record here has; an update replaces it.")
    .remedy("Compare the files before the run; with `--strict` this is an error."),
  "environment-incomplete": inErrors("input", "The registry would lose variables")
    .cause(
      "The registry has environment variables for which there is no value here; an update would lose them.",
    )
    .remedy("Set the variables that the message names, or pass them with `--registry-env NAME`."),
  "settings-unknown": inErrors("warning", "The registry's settings are not recorded")
    .cause(
      "Which values its environment has can't be read back; the update sets the ones of this run.",
    )
    .remedy("Check the inputs that the message names."),
  "instance-type-differs": inErrors("warning", "The registry has another size")
    .cause("It exists with another instance type, and an update does not resize it.")
    .remedy("Nothing, or delete and create the cluster again."),
  "node-differs": inErrors("warning", "The registry is on another node")
    .cause("It exists on another node, and an update does not move it.")
    .remedy("Nothing, or delete and create the cluster again."),
  "update-failed": inErrors("platform", "The registry's update failed")
    .cause("The platform reports that the update failed.")
    .remedy("See its log: `tee-cluster logs`; then run the same command again; it resumes."),
  "update-under-way": inErrors("conflict", "An update is in progress")
    .cause("Somebody else's update of the registry is in progress.")
    .remedy(
      "Wait until it has finished, then run the same command again; if it never ends: `--force-update`, once it is older than 30 minutes by the platform's clock.",
    ),
  "update-stuck": inErrors("warning", "An update by somebody else does not end")
    .cause("It is older than any update takes, and `--force-update` continued anyway.")
    .remedy("Nothing, or ask the person who started it."),
  "update-unconfirmed": inErrors("timeout", "The result of the update is unknown")
    .cause(
      "The platform accepted it, or may have, and no operation was seen to complete. The registry has the new list or the one before.",
    )
    .remedy(
      "Look at the registry, then run the same command again; it repeats the update where it is needed.",
    ),
  "registry-busy": inErrors("timeout", "Another operation on the registry does not end")
    .cause("The platform takes one operation at a time. Nothing was sent.")
    .remedy(
      "Run the same command again later. If it never ends: `--force-update`, once it is older than 30 minutes by the platform's clock.",
    ),
  "runners-changed": inErrors("conflict", "Runners appeared meanwhile")
    .cause(
      "Runners started after the list was made and before the update, and would lose access. Nothing was approved.",
    )
    .remedy("Run the same command again: it takes them into account."),
  "registry-renamed": inErrors("warning or finding", "The registry was renamed")
    .cause("It is known by its app_id, but the orchestrator finds CVMs only by their names.")
    .remedy("Rename it back in the dashboard."),
  "environment-unknown": inErrors("warning", "The registry's variables are not known")
    .cause(
      "Its app-compose does not name them, and an update replaces the whole environment: a variable that is not known would be lost.",
    )
    .remedy(
      "Run it on the machine that set the registry up. If it has no other variables than those that the message names: `--force-update`.",
    ),
  "updated-meanwhile": inErrors("conflict", "The registry was updated meanwhile")
    .cause(
      "Somebody else updated the registry while this run prepared its own update. Nothing was approved.",
    )
    .remedy("Run the same command again: it takes the other update into account."),
  "updated-by-others": inHistory("warning", "Somebody else updated the registry")
    .cause("Its newest update is not the one that is recorded here.")
    .remedy("Make sure that you know who it was: `tee-cluster history`."),
  "previous-list-unknown": inErrors("warning", "The previous approved list is not known")
    .cause("Nothing is recorded here of what the registry approves.")
    .remedy("Give the record of the machine that approved it with `--record FILE`."),
  "base-domain-given": inCompose("warning", "CVM_BASE_DOMAIN is not the gateway's domain")
    .cause("The domain that was given differs from what the API says of the node.")
    .remedy("Leave it out, or correct it."),
  "base-domain-fixed": inCompose("warning", "A fixed domain in the registry's compose file")
    .cause("The file has another node's domain written in.")
    .remedy("Use `${CVM_BASE_DOMAIN}`."),
  "base-domain-default": inCompose("warning", "A default domain in a compose file")
    .cause("The file has another node's domain as a default.")
    .remedy("Use `${CVM_BASE_DOMAIN}` without a default."),
  "base-domain-runner": inCompose("warning", "Another domain in the runner's compose file")
    .cause("The runner's compose file has another node's domain.")
    .remedy("Use `${CVM_BASE_DOMAIN}`."),
  "base-domain-orchestrator": inCompose("warning", "The orchestrator builds another domain")
    .cause("The orchestrator derives the domain from the node's name, and this node's differs.")
    .remedy("Choose another node."),
  "temporary-runner-in-use": inReliability("conflict or finding", "A temporary runner is in use")
    .cause(
      "Another run's temporary runner exists: a run is in progress, here or on another machine.",
    )
    .remedy(
      "Wait until it has finished; if no run is alive, delete it: `phala cvms delete NAME --force`.",
    ),
  "temporary-runner-gone": inReliability("platform", "The temporary runner is gone")
    .cause("Somebody deleted the temporary runner before its compose hash was read.")
    .remedy("Run the same command again: it creates a new one."),
  "left-over-runner": inStatus("finding", "A temporary runner was left behind")
    .cause("A run that is over left its temporary runner, which costs money.")
    .remedy("Run `tee-cluster rotate-hash` or `tee-cluster init`: each deletes it first."),
  "runner-hash-unchecked": inErrors(
    "verification or warning",
    "A runner's hash could not be checked",
  )
    .cause("The app-compose of a running runner could not be read, so its hash is not trusted.")
    .remedy("Run the same command again."),
  "hash-unchecked": inRotateHash("verification", "A hash was never checked")
    .cause(
      "A hash that was given with `--keep` is in no record of this machine, and no running runner has it.",
    )
    .remedy("Run the command on the machine that approved it, or leave the hash out."),
  "live-runner-unclear": inRotateHash("verification", "Unclear whether a runner is approved")
    .cause(
      "A running runner is in no record, and does not run the local compose file. A running runner is not necessarily an approved one.",
    )
    .remedy(
      "Give the other machine's record with `--record FILE`, or decide with `--keep HASH` or `--drop HASH`.",
    ),
  "hash-of-live-runner": inRotateHash("warning", "A running runner's hash is included")
    .cause("No record of this machine has it; the local compose file or `--record` vouches for it.")
    .remedy("Nothing, if the runner is yours; else `--drop HASH`."),
  "runner-not-approved": inRotateHash("warning or finding", "A running runner is not approved")
    .cause("No recorded list has its hash, so it is left out.")
    .remedy("Nothing, or include it with `--keep HASH`."),
  "runner-names-differ": inSchemaV2("warning", "A runner has other environment names")
    .cause(
      "A running runner was deployed for another orchestrator schema than the one that this hash is for.",
    )
    .remedy("Check `--orchestrator-schema`."),
  "runners-cut-off": inRotateHash("warning", "Running runners lose access")
    .cause(
      "The new list leaves out hashes of running runners, which get no keys after their next restart.",
    )
    .remedy("Let the orchestrator replace them, or keep them with `--keep HASH`."),
  "revocation-not-lasting": inRotateHash("warning", "A revoked hash comes back")
    .cause(
      "The released orchestrator approves the hashes of all its runners at each start and provisioning, so a hash that was dropped is approved again while a runner has it.",
    )
    .remedy("Delete these runners: `tee-cluster rotate-hash --drop HASH --delete-revoked`."),
  "dropped-itself": inRotateHash("verification", "--drop names the new hash")
    .cause("The hash that is to be approved is the one that `--drop` names.")
    .remedy("Leave it out, or give the other compose file."),
  "nothing-to-restore": inRotateHash("input", "No earlier list is recorded")
    .cause("`--rollback` needs a list that this machine approved before.")
    .remedy(
      "Run it on the machine that approved it, or approve the old compose file: `tee-cluster rotate-hash --runner-compose PATH`.",
    ),
  "earlier-compose-missing": inRotateHash(
    "prerequisite",
    "The earlier compose file is not recorded",
  )
    .cause("The registry's compose file of the earlier list is not recorded here.")
    .remedy("Check it out again and give it with `--registry-compose PATH`."),
  "approve-uncertain": inRotateHash("platform", "Unclear whether the list arrived")
    .cause("The registry gave no clear answer to the pushed list.")
    .remedy(
      "Run the same command again (pushing twice is harmless), or use `--approve-via restart`.",
    ),
  "approve-refused": inRotateHash("platform", "The registry refused the list")
    .cause("The registry did not accept the signature of the pushed list.")
    .remedy(
      "Check that `--gateway-key-path` is the key of the coordinator's wallet, or use `--approve-via restart`.",
    ),
  "approve-not-offered": inRotateHash("platform", "The registry accepts no list while it runs")
    .cause("Its spawntee has no `POST /registry/approve-hash`.")
    .remedy("Use `--approve-via restart`."),
  "orchestrator-push-not-offered": inSchemaV2(
    "verification",
    "The registry does not accept the orchestrator's list",
  )
    .cause(
      "The released orchestrator pushes its runners' hashes at each provisioning, and deletes the new runner where the registry has no `POST /registry/approve-hash`: its image is too old, or its compose file does not pass `GATEWAY_AUTH_COORDINATOR_WALLET` to spawntee.",
    )
    .remedy("Name a newer image, pass the wallet on, then `tee-cluster rotate-hash`."),
  "orchestrator-push-refused": inSchemaV2(
    "verification",
    "The registry refuses the gateway key's signature",
  )
    .cause(
      "A list that is signed with the coordinator's key is refused (401): the registry's wallet is not that of the key. The orchestrator would delete every runner that it creates.",
    )
    .remedy("Give the wallet of the key in `--gateway-key-path`, then `tee-cluster rotate-hash`."),
  "debug-endpoint-open": inCompose("verification or warning", "Anyone can read the registry's keys")
    .cause(
      "`/debug/exec` answers: anyone who finds the registry's URL can run commands in it and read the AWS keys.",
    )
    .remedy(
      "Take `DEBUG_MODE` out of the compose file, rotate, and replace the AWS keys. To keep it: `--allow-debug-registry`.",
    ),
  "debug-endpoint-unknown": inCompose("warning", "Whether `/debug/exec` is open is not known")
    .cause("What answered under that path was not the registry's spawntee.")
    .remedy("Run the same command again."),
  "approved-until-restart": inRotateHash("warning or finding", "Approved until the next restart")
    .cause("The list was pushed into the running registry's memory; a restart forgets it.")
    .remedy("Make it permanent: `tee-cluster rotate-hash --approve-via restart`."),
  "attest-off": inAttestation("warning", "The registry is not attested")
    .cause(
      "With `--attest off` secrets are sent without checking what runs in the registry, to any key that the API names.",
    )
    .remedy("Leave `--attest` out, or use `--attest require`."),
  "secrets-sent-unverified": inAttestation(
    "warning",
    "Secrets are sent before the registry is attested",
  )
    .cause(
      "The compose file does not start without them (`${NAME:?}`), so a new registry gets them at once.",
    )
    .remedy(
      "Give the variable an empty default, as in `${NAME:-}`: it is then sent once the registry is attested.",
    ),
  "secrets-needed-to-start": inAttestation(
    "input",
    "The registry does not start without its secrets",
  )
    .cause(
      "With `--attest require` no secret is sent before the registry is attested, and the compose file needs one to start.",
    )
    .remedy("Give the variable an empty default, as in `${NAME:-}`, or use `--attest auto`."),
  "health-deferred": inAttestation("warning", "The registry runs and is not healthy yet")
    .cause(
      "It has run for a minute without being healthy and shows no evidence; it may need its secrets first.",
    )
    .remedy("Nothing: step 9 waits for its health once it has its secrets."),
  "waits-for-restart": inRotateHash("warning", "Settings wait for the next update")
    .cause("With `--approve-via api` only the list is sent; other changed settings are not.")
    .remedy("Send them: `tee-cluster rotate-hash --approve-via restart`."),
  "runner-appeared": inDestroy("warning", "Runners appeared during the deletion")
    .cause(
      "While `destroy` deleted the cluster, new runners appeared: the orchestrator is still creating them.",
    )
    .remedy("Stop the orchestrator, then run `tee-cluster destroy` again."),
  "approval-lost": inStatus("finding", "A pushed approval was lost")
    .cause("The registry restarted and forgot a hash that was pushed to it.")
    .remedy("Run `tee-cluster rotate-hash`."),
  "approval-unsettled": inHash("verification or warning", "Unclear whether the last list arrived")
    .cause("A run ended before it recorded whether the registry has the list.")
    .remedy("Run `tee-cluster rotate-hash`: it finds out."),
  "approval-unverified": inHash("warning", "The last list was not verified")
    .cause("The registry got the list, and was not seen healthy with it.")
    .remedy("Run `tee-cluster rotate-hash`: it checks again."),
  "approved-list-unknown": inStatus("warning or finding", "The approved list is not known here")
    .cause("Nothing is recorded on this machine of what the registry approves.")
    .remedy("Run on the machine that approved it, or `tee-cluster rotate-hash`."),
  "approved-list-outdated": inStatus("finding", "The recorded list is outdated")
    .cause("The registry's newest update is not recorded here: somebody else's run.")
    .remedy("Run `tee-cluster rotate-hash`."),
  "approved-list-unconfirmed": inStatus("finding", "The recorded list is not confirmed")
    .cause("Could not find out whether the registry's newest update is the recorded one.")
    .remedy("Run the same command again later."),
  "runner-refused": inStatus("finding", "A runner will be refused")
    .cause("Its compose hash is not approved: the registry gives it no keys.")
    .remedy("Read the differences, then `tee-cluster rotate-hash`."),
  "runner-not-on-list": inStatus("finding", "A runner's hash is not on our list")
    .cause(
      "With schema v2 the orchestrator pushes hashes too: the runner is accepted if its hash was pushed, and refused after the registry's next restart.",
    )
    .remedy("If it is yours: `tee-cluster rotate-hash --keep HASH`."),
  "runner-domain-differs": inStatus("finding", "A runner announces another node's domain")
    .cause(
      "Its compose file has a `CVM_BASE_DOMAIN` that is not the gateway of the node on which the orchestrator put it: models there can't be reached.",
    )
    .remedy(
      "Let the runner's image find its own domain: one in the file is right on one node only.",
    ),
  "runner-silent": inStatus("finding", "A runner does not answer")
    .cause("It runs, and its `/health` gives no answer.")
    .remedy("See its log: `tee-cluster logs NAME`."),
  "runner-unhealthy": inStatus("finding", "A runner is not healthy")
    .cause("Its `/health` does not say that it is healthy.")
    .remedy("See its log: `tee-cluster logs NAME`."),
  "runner-not-running": inStatus("finding", "A runner is not running")
    .cause("Its CVM is stopped, or failed to boot.")
    .remedy("See its log: `tee-cluster logs NAME`."),
  "runner-compose-not-approved": inStatus(
    "finding",
    "The local runner compose file is not approved",
  )
    .cause("Runners made from it would be refused.")
    .remedy("Run `tee-cluster rotate-hash`."),
  "runner-compose-missing": inStatus("finding", "There is no runner compose file")
    .cause("Without it, `status` can't say whether new runners would be approved.")
    .remedy("Give its path with `--runner-compose`."),
  "runner-compose-unusable": inStatus("finding", "The runner compose file can't be used")
    .cause("It can't be read, or is not a compose file.")
    .remedy("Fix it; see `tee-cluster doctor`."),
  "no-prediction-basis": inHash("verification", "Nothing to predict from")
    .cause(
      "A prediction rests on an app-compose that the platform made before; none is recorded and no runner is running.",
    )
    .remedy("Run where init was run, or give `--record FILE`."),
  "nothing-recorded": inHash("verification", "Nothing to export")
    .cause("Nothing is recorded of this cluster on this machine.")
    .remedy("Run where init was run."),
  "hash-malformed": inHash("input", "Not a compose hash")
    .cause("What was given is not (the beginning of) 64 hex digits.")
    .remedy("Give a hash, or its first digits."),
  "hash-unknown": inHash("input", "An unknown hash")
    .cause("No recorded hash begins like that.")
    .remedy("Give one that the message lists, or `--record FILE`."),
  "hash-ambiguous": inHash("input", "Several hashes begin like that")
    .cause("More than one recorded hash begins with these digits.")
    .remedy("Give more digits."),
} as const;
