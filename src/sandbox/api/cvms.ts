/** Reads of a single CVM. */
import * as attestation from "../attestation/api.ts";
import { withEnvKey } from "../attestation/env-keys.ts";
import { baseDomainOf } from "../catalog.ts";
import { findLive } from "../find.ts";
import { runningServices } from "../interpreter.ts";
import { lifeOf } from "../lifecycle.ts";
import { LOG_PORT } from "../gateway.ts";
import type { CvmState } from "../model.ts";
import { cvmResponse, isListed, nodeOf, operationResponse, secondsUp } from "../responses.ts";
import { get, wholeNumber, type ApiWorld, type Reading, type Route } from "./route.ts";

function details({ world, state, request, now }: Reading, id: string): unknown {
  const cvm = withEnvKey(world, findLive(state, id));
  const { version } = request;
  const fields = cvmResponse(cvm, { version, behaviour: world.behaviour, now });
  if (version !== "2025-10-28") return fields;
  const syslog = isLogged(cvm) ? `${logBase(cvm, world)}/serial?lines=100` : null;
  return { ...fields, syslog_endpoint: syslog };
}

const isLogged = (cvm: CvmState): boolean => cvm.current.appCompose["public_logs"] === true;

const logBase = (cvm: CvmState, { baseUrl }: ApiWorld): string =>
  `${baseUrl}/gateway/${cvm.appId}-${LOG_PORT}.${baseDomainOf(nodeOf(cvm))}/logs`;

/** Newest first; `cursor` is the number of operations to skip. */
function operations({ state, request, now }: Reading, id: string): unknown {
  const cvm = findLive(state, id);
  const { bootError } = lifeOf(cvm, now);
  const start = wholeNumber(request.query, "cursor", 0);
  const end = start + Math.min(100, Math.max(1, wholeNumber(request.query, "limit", 20)));
  const all = cvm.operations
    .filter(isListed)
    .toReversed()
    .map((operation, index) => operationResponse(operation, now, index === 0 ? bootError : null));
  return {
    items: all.slice(start, end),
    total: all.length,
    next_cursor: end < all.length ? String(end) : null,
  };
}

/** The running containers with the URLs of their logs. */
function composition({ world, state, now }: Reading, id: string): unknown {
  const cvm = findLive(state, id);
  const { serving, bootedAt } = lifeOf(cvm, now);
  const containers = (serving ? runningServices(cvm, serving) : []).map(
    ({ name, image }, index) => ({
      id: `${cvm.vmUuid}${index.toString(16).padStart(32, "0")}`,
      names: [`/${name}`],
      image,
      image_id: `sha256:${serving?.composeHash}`,
      command: null,
      created: Math.floor(bootedAt / 1000),
      state: "running",
      status: `Up ${secondsUp(bootedAt, now)} seconds`,
      log_endpoint: isLogged(cvm) ? `${logBase(cvm, world)}/${name}` : null,
    }),
  );
  return {
    is_online: serving !== undefined,
    is_public: isLogged(cvm),
    error: serving ? null : "CVM is not running",
    docker_compose_file: (serving ?? cvm.current).appCompose.docker_compose_file ?? null,
    manifest_version: 2,
    version: "1.0.0",
    runner: "docker-compose",
    features: ["kms", "tproxy-net"],
    containers: serving ? containers : null,
  };
}

function userConfig({ state }: Reading, id: string): unknown {
  const cvm = findLive(state, id);
  return {
    hostname: cvm.name,
    ssh_authorized_keys: [],
    default_gateway_domain: baseDomainOf(nodeOf(cvm)),
  };
}

const appComposeOf = ({ state }: Reading, id: string) => findLive(state, id).current.appCompose;

export const CVM_ROUTES: readonly Route[] = [
  get("/cvms/:id", details),
  get("/cvms/:id/compose_file", appComposeOf),
  get("/cvms/:id/operations", operations),
  get("/cvms/:id/attestation", ({ world, state }, id) => attestation.ofCvm(world, state, id)),
  get("/cvms/:id/composition", composition),
  get("/cvms/:id/user_config", userConfig),
  get("/apps/:id/attestations", ({ world, state }, id) => attestation.ofApp(world, state, id)),
  get("/apps/:id/device-allowlist", ({ state }, id) => {
    findLive(state, id);
    return { is_onchain_kms: false, devices: [] };
  }),
];
