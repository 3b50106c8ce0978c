/** What a person who opens orchestrator.yml would want to know, by the path of the key. */

export const HEADER = ` Written by tee-cluster. It keeps the keys under infrastructure.runner up to date on the next run;
 everything else, comments included, is yours.`;

export const COMMENTS: Readonly<Record<string, string>> = {
  "infrastructure/publishers": " Only this machine can connect; use address 0.0.0.0 to let others.",
  "infrastructure/runner/cluster-name":
    " The orchestrator adopts every running CVM whose name begins with this, once, at its start.",
  "infrastructure/runner/cluster-urls":
    " Where models are reached if Phala's API does not answer; <model-port> is filled in.",
  "infrastructure/runner/registry-compose-path": " Relative to where the orchestrator runs.",
  "infrastructure/runner/runner-compose-path":
    " Its compose hash is approved on the registry. After any change to this file: tee-cluster init, again",
  "infrastructure/runner/instance-type": " Size of the runners that the orchestrator adds.",
  "infrastructure/runner/memory-per-model-mb": " Estimated memory of one model container.",
  "infrastructure/runner/provision-factor":
    " A new runner is added when this share of the models that fit is reached.",
  "infrastructure/runner/capacity-threshold":
    " A new runner is added when this share of the models that fit is reached.",
  "infrastructure/runner/max-models": " In the whole cluster; 0: unlimited.",
  "watcher/interval": " Seconds between two looks for models.",
};
