/** What a CVM shows of itself, and how it is doing. */
import { canonicalJson } from "../app-compose.ts";
import { findLive } from "./cloud.ts";
import { makeQuote } from "./kms.ts";
import { lifeOf } from "./lifecycle.ts";
import type { CloudState } from "./model.ts";

/** Only a running CVM can attest. */
export function attestation(state: CloudState, id: string): unknown {
  const cvm = findLive(state, id);
  const serving = lifeOf(cvm, Date.now()).serving;
  if (!serving)
    return {
      name: cvm.name,
      is_online: false,
      is_public: true,
      error: "CVM is not running",
      app_certificates: null,
      tcb_info: null,
      compose_file: null,
    };
  const measured = canonicalJson(serving.appCompose);
  const event = {
    imr: 3,
    event_type: 134_217_729,
    digest: "",
    event: "compose-hash",
    event_payload: serving.composeHash,
  };
  return {
    name: cvm.name,
    is_online: true,
    is_public: true,
    error: null,
    app_certificates: [],
    tcb_info: {
      mrtd: "",
      rootfs_hash: null,
      rtmr0: "",
      rtmr1: "",
      rtmr2: "",
      rtmr3: "",
      event_log: [event],
      app_compose: measured,
    },
    compose_file: serving.appCompose.docker_compose_file,
    quote: makeQuote({ app_id: cvm.appId, compose_hash: serving.composeHash }, state.quoteKey),
  };
}

/** `GET /cvms/{id}/stats`: the boot error of a CVM that does not come up is told here. */
export function stats(state: CloudState, id: string): unknown {
  const life = lifeOf(findLive(state, id), Date.now());
  return {
    is_online: life.serving !== undefined,
    is_public: true,
    error: null,
    sysinfo: null,
    status: life.status,
    in_progress: life.inProgress !== undefined,
    boot_progress: life.status === "running" ? "done" : null,
    boot_error: life.bootError,
  };
}
