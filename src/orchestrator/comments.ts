/** What a person who opens orchestrator.yml would want to know, by the path of the key. */
import { command, renderHint } from "../core/command-hint.ts";
import type { Comments } from "./yaml-text.ts";

export const HEADER = ` Written by tee-cluster. Its next run changes what it is given then and shows that; everything else in this
 file, comments included, is yours.
 The orchestrator expands environment variables everywhere in this file before it reads it; a dollar sign
 that is meant as one is therefore written \\u0024, in double quotes.`;

export const COMMENTS: Comments = {
  "infrastructure/database": " Which models run, kept over a restart of the orchestrator.",
  "infrastructure/publishers":
    " Model states for subscribers. Without authentication, so only this machine can connect;\n address 0.0.0.0 lets everybody who reaches this machine do so.",
  "infrastructure/runner/cluster-name":
    " The orchestrator adopts every running CVM whose name begins with this, once, at its start.",
  "infrastructure/runner/cluster-urls":
    " Where the registry's models are reached; the orchestrator fills <model-port> in.",
  "infrastructure/runner/registry-compose-path": " Relative to where the orchestrator runs.",
  "infrastructure/runner/runner-compose-path": ` Its compose hash is approved on the registry. After any change to that file: ${renderHint(command("rotate-hash"))}`,
  "infrastructure/runner/gateway-key-path":
    " The coordinator's RSA private key (PEM): requests to the CVMs are signed with it.",
  "infrastructure/runner/instance-type": " Size of the runners that the orchestrator adds.",
  "infrastructure/runner/memory-per-model-mb":
    " Estimated memory of one model container: how many fit on a CVM.",
  "infrastructure/runner/provision-factor":
    " A new runner is added when this share of the models that fit on a CVM is running: 0.8 of 4 is 3.",
  "infrastructure/runner/capacity-threshold":
    " A runner says that it is full at this share of its capacity; the orchestrator then adds another.",
  "infrastructure/runner/max-models":
    " In the whole cluster; 0: unlimited, runners are added as needed.",
  "infrastructure/runner/request-timeout": " Seconds.",
  "watcher/interval": " Seconds between two looks for models.",
};
