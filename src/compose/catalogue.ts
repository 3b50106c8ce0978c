/** Every finding that a compose file can give: what `doctor --ignore` takes, and the table of docs/compose.md. */
import type { Finding, Severity } from "../core/finding.ts";

/** `about`: what it is, and why it matters. */
type Texts = { readonly about: string; readonly remedy: string };
type Entry = Texts & { readonly severities: readonly [Severity, ...Severity[]] };

const entry = (severities: string, texts: Texts): Entry => ({
  severities: severities.split(" or ") as [Severity, ...Severity[]],
  ...texts,
});

/** By code, grouped by what they are about. */
export const CATALOGUE = {
  "compose-invalid": entry("error", {
    about:
      "a key or a type that docker compose does not accept (`ports:` without a value, a misspelt key)",
    remedy: "as the message says",
  }),
  "interpolation-invalid": entry("error", {
    about: "`${LOG LEVEL}`, an unclosed `${`, a lone `$`: docker compose refuses the file",
    remedy: "`$$` for a dollar sign",
  }),
  "undeclared-reference": entry("error", {
    about:
      "a service uses a volume, network, secret, config or service that the file does not declare",
    remedy: "declare it",
  }),
  "external-resource": entry("error", {
    about: "a network, volume or container that must exist already: a new CVM has none",
    remedy: "take out `external: true`",
  }),
  "build-local": entry("error", {
    about:
      "`build:` needs files that only exist where the file was written; only its text reaches the CVM",
    remedy: "publish the image and name it by digest",
  }),
  "built-on-cvm": entry("warning", {
    about: "an image built on the CVM from the network: the compose hash does not pin what runs",
    remedy: "publish the image and name it by digest",
  }),
  "image-missing": entry("error", {
    about: "a service without an image",
    remedy: "`image: NAME@sha256:…`",
  }),
  "local-file": entry("error or warning", {
    about:
      "`env_file`, `extends.file`, `include`, `configs.file`, `secrets.file`: files that only exist on the operator's machine. A warning for an absolute or optional one",
    remedy: "write the content into the file, or pass variables",
  }),
  "local-mount": entry("error", {
    about: "a relative or home path is mounted: on the CVM it is an empty folder",
    remedy: "a named volume, or `configs` with `content`",
  }),
  "service-never-runs": entry("error or warning", {
    about:
      "profiles, `scale: 0`, `replicas: 0`, another platform. A warning for other services than spawntee",
    remedy: "take it out",
  }),
  "port-not-published": entry("error", {
    about: "no service publishes the spawntee port: the CVM would never be reached",
    remedy: '`ports: ["9010:8080"]`, or `--spawntee-port`',
  }),
  "port-unreachable": entry("error", {
    about:
      "the spawntee port is published for the CVM itself (127.0.0.1), for UDP, or on no network",
    remedy: '`ports: ["9010:8080"]`',
  }),
  "placeholder-missing": entry("error", {
    about:
      "the spawntee service does not get a variable without which the registry can't read models or approve a runner, or a runner can't find the registry",
    remedy: "`NAME=${NAME}` in the service's environment",
  }),
  "variable-in-other-service": entry("error or warning", {
    about: "a variable that spawntee needs is passed to another service only",
    remedy: "pass it to the spawntee service",
  }),
  "variable-misspelt": entry("error or warning", {
    about: "the name on the left is not the one that spawntee reads",
    remedy: "the right name",
  }),
  "value-quoted": entry("error or warning", {
    about: 'quotes in a list entry (`- MODE="runner"`) are part of the value',
    remedy: "no quotes, or quotes around the whole entry",
  }),
  "variable-twice": entry("error or warning", {
    about:
      "one name twice in a list: the last one counts. An error where that changes a name that `tee-cluster` or the orchestrator sets",
    remedy: "keep one",
  }),
  "variable-malformed": entry("error", {
    about: "a blank before `=`: docker compose refuses it",
    remedy: "`NAME=value`",
  }),
  "required-but-empty": entry("error", {
    about:
      "`${APPROVED_COMPOSE_HASH:?}` and the like: step 3 deploys it empty, so no container would start",
    remedy: "`${NAME:-}` or `${NAME}`",
  }),
  "placeholder-not-set": entry("warning or error", {
    about:
      "nothing sets the variable and it has no default: it would be empty. An error with `${NAME:?}`: the services would not start",
    remedy: "`--registry-env NAME`, or a default",
  }),
  "wallet-not-passed": entry("error", {
    about:
      "schema v2: without the coordinator's wallet the registry accepts no list from the orchestrator, which then deletes every runner that it creates",
    remedy: "`GATEWAY_AUTH_COORDINATOR_WALLET=${GATEWAY_AUTH_COORDINATOR_WALLET}`",
  }),
  "mode-wrong": entry("error", {
    about: "`MODE` is not `registry+runner` (registry) or `runner` (runner)",
    remedy: "`MODE=${MODE:-registry+runner}`, `MODE=runner`",
  }),
  "name-not-read": entry("warning or note", {
    about:
      "the orchestrator gives its runners a name that nothing reads. A note for the registry's region and threshold",
    remedy: "`NAME=${NAME}` in the service's environment",
  }),
  "approved-hash-default": entry("error", {
    about: "fail-open: while nothing is approved, the text in the file is the approved list",
    remedy: "`APPROVED_COMPOSE_HASH=${APPROVED_COMPOSE_HASH:-}`",
  }),
  "secret-default": entry("error", {
    about:
      "a secret has a default in the file: anyone who can read the CVM's app-compose can read it",
    remedy: "no default; replace a real secret",
  }),
  "secret-written-in": entry("warning", {
    about: "a secret is written into the file: the same",
    remedy: "`NAME=${NAME}`; replace a real secret",
  }),
  "debug-mode": entry("error or warning", {
    about:
      "`DEBUG_MODE` on the registry opens `/debug/exec`, which shows the AWS keys to anyone. A warning on runners",
    remedy: "`DEBUG_MODE=false`; `--allow-debug-registry` to insist",
  }),
  "web-shell": entry("error", {
    about: "a shell in the browser (ttyd and the like): anyone who finds the URL has the keys",
    remedy: "take it out; `--allow-debug-registry` to insist",
  }),
  "host-mount": entry("warning or note", {
    about:
      "a path of the CVM is mounted: `/` and docker's socket give its whole content. What spawntee is known to need is expected",
    remedy: "take it out, unless the service needs it",
  }),
  "host-namespace": entry("warning or note", {
    about: "the host's network, processes or IPC: the service sees and reaches all the others",
    remedy: "take it out, unless the service needs it",
  }),
  "port-exposed": entry("warning", {
    about: "another service than spawntee publishes a port: the gateway exposes it to everyone",
    remedy: "take `ports` out; services of one file reach each other without",
  }),
  privileged: entry("note or warning", {
    about:
      "the service has full control of the CVM; spawntee needs it. A warning for another service",
    remedy: "only spawntee should have it",
  }),
  "image-not-pinned": entry("warning", {
    about:
      "an image by tag: a tag can be moved, so the hash does not pin the code that gets the models' keys",
    remedy: "`NAME@sha256:…`",
  }),
  "images-differ": entry("warning", {
    about:
      "registry and runners run two versions of spawntee, which need not understand each other",
    remedy: "the same image, unless this is a rolling upgrade",
  }),
  "line-ends": entry("warning", {
    about: "CRLF or a byte order mark: another checkout of the same file may have another hash",
    remedy: "`*.yml text eol=lf` in `.gitattributes`",
  }),
  "base-domain-default": entry("note", {
    about: "the registry's file has another node's domain as default; `init` sets the right one",
    remedy: "nothing, unless the registry is updated by other means",
  }),
  "base-domain-fixed": entry("warning", {
    about:
      "another node's domain is written into the registry's file: models on it would be announced at an address that does not reach them",
    remedy: "`CVM_BASE_DOMAIN=${CVM_BASE_DOMAIN:-…}`",
  }),
  "base-domain-runner": entry("warning", {
    about:
      "one node's domain stands in the runners' file, and no orchestrator sets it or pins a node",
    remedy: "deploy on a node that fits, and watch where runners land",
  }),
  "base-domain-given": entry("warning", {
    about:
      "`CVM_BASE_DOMAIN` (`--cvm-base-domain`) is not the gateway's domain: models on the registry would be announced at an address that does not reach them",
    remedy: "leave it out",
  }),
  "base-domain-orchestrator": entry("warning", {
    about: "the orchestrator builds another domain from the node's name",
    remedy: "a node whose gateway's domain has its name: `--node`",
  }),
} as const satisfies Record<string, Entry>;

export type FindingCode = keyof typeof CATALOGUE;

/** Stable: `doctor --ignore` takes them. */
export const FINDING_CODES = Object.keys(CATALOGUE) as readonly FindingCode[];

export type ComposeFinding = Finding<FindingCode>;
