/**
 * The requests of each command of the CLI, as in `phala` 1.1.18: a create is `POST /cvms/provision` and `POST /cvms`, an
 * update `GET` and `PATCH /cvms/{id}`, a delete `GET` and `DELETE /cvms/{id}`. All reads may pass, other mutations may
 * not, and each mutation only once.
 */
import * as z from "zod";
import type {
  CreateCvmRequest,
  Deployment,
  Provisioned,
  UpdateCvmRequest,
} from "../../../core/ports.ts";
import { bareAppId, bareUuid } from "../schemas.ts";
import type { GateOperation, GateRequest, Role } from "./exchange.ts";
import { parseJson } from "../../../lib/json.ts";

export type Seen = {
  readonly provisioned: Provisioned | undefined;
  readonly roles: readonly Role[];
};

/** `problem`: why the request must not pass. */
export type Classification = { readonly role: Role; readonly problem?: string | undefined };

/** Classifies a request of the CLI. */
export function classify(
  operation: GateOperation,
  request: GateRequest,
  seen: Seen,
): Classification {
  const { method, path } = request;
  if (method === "GET" || method === "HEAD") return { role: "read" };
  const classification = mutation(operation, request, seen);
  if (classification === undefined)
    return { role: "commit", problem: `${method} ${path} does not belong to ${nameOf(operation)}` };
  if (classification.problem === undefined && seen.roles.includes(classification.role))
    return { role: classification.role, problem: `${method} ${path} was sent a second time` };
  return classification;
}

function mutation(
  operation: GateOperation,
  request: GateRequest,
  seen: Seen,
): Classification | undefined {
  const what = `${request.method} ${request.path}`;
  switch (operation.kind) {
    case "create":
    case "provision":
      if (what === "POST /cvms/provision")
        return { role: "provision", problem: provisionProblem(operation.request, request.body) };
      return what === "POST /cvms"
        ? { role: "commit", problem: commitProblem(request.body, seen.provisioned) }
        : undefined;
    case "update":
      return targetsCvm(what, "PATCH", operation.request.cvmId)
        ? { role: "commit", problem: updateProblem(operation.request, request) }
        : undefined;
    case "delete":
      return targetsCvm(what, "DELETE", operation.cvmId) ? { role: "commit" } : undefined;
    default:
      return undefined;
  }
}

const provisionBody = z.looseObject({
  name: z.string(),
  compose_file: z.looseObject({
    docker_compose_file: z.string(),
    allowed_envs: z.array(z.string()).default([]),
  }),
});
const commitBody = z.looseObject({ app_id: z.string(), compose_hash: z.string() });
const updateBody = z.looseObject({
  docker_compose_file: z.string(),
  allowed_envs: z.array(z.string()).default([]),
});

function provisionProblem(asked: CreateCvmRequest, body: string): string | undefined {
  const parsed = provisionBody.safeParse(parseJson(body));
  if (!parsed.success) return "its provisioning request has an unknown form";
  const { name, compose_file: file } = parsed.data;
  if (name !== asked.name) return `it provisions ${name}, not ${asked.name}`;
  return deploymentProblem(asked, file);
}

function commitProblem(body: string, provisioned: Provisioned | undefined): string | undefined {
  const parsed = commitBody.safeParse(parseJson(body));
  const same =
    parsed.success &&
    provisioned !== undefined &&
    bareAppId(parsed.data.app_id) === provisioned.appId &&
    parsed.data.compose_hash === provisioned.composeHash;
  return same ? undefined : "it commits something else than it provisioned";
}

function updateProblem(
  asked: UpdateCvmRequest,
  { body, headers }: GateRequest,
): string | undefined {
  if ("x-prepare-only" in headers || "x-transaction-hash" in headers)
    return "it prepares an on-chain update";
  const parsed = updateBody.safeParse(parseJson(body));
  return parsed.success ? deploymentProblem(asked, parsed.data) : "its update has an unknown form";
}

function deploymentProblem(
  asked: Deployment,
  sent: { readonly docker_compose_file: string; readonly allowed_envs: readonly string[] },
): string | undefined {
  if (sent.docker_compose_file !== asked.composeText)
    return "it sends another compose file than it was given";
  const names = asked.environment.map(({ name }) => name);
  const same =
    names.length === sent.allowed_envs.length && names.every((n, i) => n === sent.allowed_envs[i]);
  return same
    ? undefined
    : `it sends the environment names ${sent.allowed_envs.join(", ")}, not ${names.join(", ")}`;
}

function targetsCvm(what: string, method: string, cvmId: string): boolean {
  const [, id] = new RegExp(`^${method} /cvms/([^/]+)$`).exec(what) ?? [];
  return id !== undefined && bareId(decode(id)) === bareId(cvmId);
}

const UUID = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i;
const bareId = (id: string): string => (UUID.test(id) ? bareUuid(id) : bareAppId(id));

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether the request contains an environment. */
export function isSealed(body: string): boolean {
  return z.looseObject({ encrypted_env: z.string().min(1) }).safeParse(parseJson(body)).success;
}

const NAMES = {
  create: "creating a CVM",
  provision: "provisioning a CVM",
  update: "updating a CVM",
  delete: "deleting a CVM",
  read: "a command that only reads",
};
const nameOf = ({ kind }: GateOperation): string => NAMES[kind];
