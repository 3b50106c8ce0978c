/** Every finding that a compose file can give: what `doctor --ignore` takes, and the table of docs/compose.md. */
import type { Finding, Severity } from "../core/finding.ts";

type Entry = {
  readonly severities: readonly [Severity, ...Severity[]];
  /** What it is, and why it matters. */
  readonly about: string;
  readonly remedy: string;
};

const entry = (severities: string, about: string, remedy: string): Entry => ({
  severities: severities.split(" or ") as [Severity, ...Severity[]],
  about,
  remedy,
});

/** By code, grouped by what they are about. */
export const CATALOGUE = {
  "compose-invalid": entry(
    "error",
    "a key or a type that docker compose does not accept (`ports:` without a value, a misspelt key)",
    "as the message says",
  ),
  "interpolation-invalid": entry(
    "error",
    "`${LOG LEVEL}`, an unclosed `${`, a lone `$`: docker compose refuses the file",
    "`$$` for a dollar sign",
  ),
  "undeclared-reference": entry(
    "error",
    "a service uses a volume, network, secret, config or service that the file does not declare",
    "declare it",
  ),
  "external-resource": entry(
    "error",
    "a network, volume or container that must exist already: a new CVM has none",
    "take out `external: true`",
  ),
  "build-local": entry(
    "error",
    "`build:` needs files that only exist where the file was written; only its text reaches the CVM",
    "publish the image and name it by digest",
  ),
  "built-on-cvm": entry(
    "warning",
    "an image built on the CVM from the network: the compose hash does not pin what runs",
    "publish the image and name it by digest",
  ),
  "image-missing": entry("error", "a service without an image", "`image: NAME@sha256:…`"),
  "local-file": entry(
    "error or warning",
    "`env_file`, `extends.file`, `include`, `configs.file`, `secrets.file`: files that only exist on the operator's machine. A warning for an absolute or optional one",
    "write the content into the file, or pass variables",
  ),
  "local-mount": entry(
    "error",
    "a relative or home path is mounted: on the CVM it is an empty folder",
    "a named volume, or `configs` with `content`",
  ),
  "service-never-runs": entry(
    "error or warning",
    "profiles, `scale: 0`, `replicas: 0`, another platform. A warning for other services than spawntee",
    "take it out",
  ),
  "port-not-published": entry(
    "error",
    "no service publishes the spawntee port: the CVM would never be reached",
    '`ports: ["9010:8080"]`, or `--spawntee-port`',
  ),
  "port-unreachable": entry(
    "error",
    "the spawntee port is published for the CVM itself (127.0.0.1), for UDP, or on no network",
    '`ports: ["9010:8080"]`',
  ),
  "placeholder-missing": entry(
    "error",
    "the spawntee service does not get a variable without which the registry can't read models or approve a runner, or a runner can't find the registry",
    "`NAME=${NAME}` in the service's environment",
  ),
  "variable-in-other-service": entry(
    "error or warning",
    "a variable that spawntee needs is passed to another service only",
    "pass it to the spawntee service",
  ),
  "variable-misspelt": entry(
    "error or warning",
    "the name on the left is not the one that spawntee reads",
    "the right name",
  ),
  "value-quoted": entry(
    "error or warning",
    'quotes in a list entry (`- MODE="runner"`) are part of the value',
    "no quotes, or quotes around the whole entry",
  ),
  "variable-twice": entry(
    "error or warning",
    "one name twice in a list: the last one counts. An error where that changes a name that `tee-cluster` or the orchestrator sets",
    "keep one",
  ),
  "variable-malformed": entry(
    "error",
    "a blank before `=`: docker compose refuses it",
    "`NAME=value`",
  ),
  "required-but-empty": entry(
    "error",
    "`${APPROVED_COMPOSE_HASH:?}` and the like: step 3 deploys it empty, so no container would start",
    "`${NAME:-}` or `${NAME}`",
  ),
  "placeholder-not-set": entry(
    "warning or error",
    "nothing sets the variable and it has no default: it would be empty. An error with `${NAME:?}`: the services would not start",
    "`--registry-env NAME`, or a default",
  ),
  "wallet-not-passed": entry(
    "error",
    "schema v2: without the coordinator's wallet the registry accepts no list from the orchestrator, which then deletes every runner that it creates",
    "`GATEWAY_AUTH_COORDINATOR_WALLET=${GATEWAY_AUTH_COORDINATOR_WALLET}`",
  ),
  "mode-wrong": entry(
    "error",
    "`MODE` is not `registry+runner` (registry) or `runner` (runner)",
    "`MODE=${MODE:-registry+runner}`, `MODE=runner`",
  ),
  "name-not-read": entry(
    "warning or note",
    "the orchestrator gives its runners a name that nothing reads. A note for the registry's region and threshold",
    "`NAME=${NAME}` in the service's environment",
  ),
  "approved-hash-default": entry(
    "error",
    "fail-open: while nothing is approved, the text in the file is the approved list",
    "`APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH:-}`",
  ),
  "secret-default": entry(
    "error",
    "a secret has a default in the file: everybody who can read the CVM's app-compose can read it",
    "no default; replace a real secret",
  ),
  "secret-written-in": entry(
    "warning",
    "a secret is written into the file: the same",
    "`NAME=${NAME}`; replace a real secret",
  ),
  "debug-mode": entry(
    "error or warning",
    "`DEBUG_MODE` on the registry opens `/debug/exec`, which shows the AWS keys to anybody. A warning on runners",
    "`DEBUG_MODE=false`; `--allow-debug-registry` to insist",
  ),
  "web-shell": entry(
    "error",
    "a shell in the browser (ttyd and the like): whoever finds the URL has the keys",
    "take it out; `--allow-debug-registry` to insist",
  ),
  "host-mount": entry(
    "warning or note",
    "a path of the CVM is mounted: `/` and docker's socket give its whole content. What spawntee is known to need is expected",
    "take it out, unless the service needs it",
  ),
  "host-namespace": entry(
    "warning or note",
    "the host's network, processes or IPC: the service sees and reaches all the others",
    "take it out, unless the service needs it",
  ),
  "port-exposed": entry(
    "warning",
    "another service than spawntee publishes a port: the gateway offers it to everybody",
    "take `ports` out; services of one file reach each other without",
  ),
  privileged: entry(
    "note or warning",
    "a service can do on the CVM what it likes; spawntee needs it. A warning for another service",
    "only spawntee should have it",
  ),
  "image-not-pinned": entry(
    "warning",
    "an image by tag: a tag can be moved, so the hash does not pin the code that gets the models' keys",
    "`NAME@sha256:…`",
  ),
  "images-differ": entry(
    "warning",
    "registry and runners run two versions of spawntee, which need not understand each other",
    "the same image, unless this is a rolling upgrade",
  ),
  "line-ends": entry(
    "warning",
    "CRLF or a byte order mark: another checkout of the same file may have another hash",
    "`*.yml text eol=lf` in `.gitattributes`",
  ),
  "base-domain-default": entry(
    "note",
    "the registry's file has another node's domain as default; `init` sets the right one",
    "nothing, unless the registry is updated by other means",
  ),
  "base-domain-fixed": entry(
    "warning",
    "another node's domain is written into the registry's file: models on it would be announced where nobody reaches them",
    "`CVM_BASE_DOMAIN=${CVM_BASE_DOMAIN:-…}`",
  ),
  "base-domain-runner": entry(
    "warning",
    "one node's domain stands in the runners' file, and no orchestrator sets it or pins a node",
    "deploy on a node that fits, and watch where runners land",
  ),
  "base-domain-given": entry(
    "warning",
    "`CVM_BASE_DOMAIN` (`--cvm-base-domain`) is not the gateway's domain: models on the registry would be announced where nobody reaches them",
    "leave it out",
  ),
  "base-domain-orchestrator": entry(
    "warning",
    "the orchestrator builds another domain from the node's name",
    "a node whose gateway's domain has its name: `--node`",
  ),
} as const satisfies Record<string, Entry>;

export type FindingCode = keyof typeof CATALOGUE;

/** Stable: `doctor --ignore` takes them. */
export const FINDING_CODES = Object.keys(CATALOGUE) as readonly FindingCode[];

export type ComposeFinding = Finding<FindingCode>;
