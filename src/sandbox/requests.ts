/** Request bodies, checked as strictly as the platform does. */
import * as z from "zod";
import { parse as parseYaml } from "yaml";
import { INSTANCE_TYPES, NODES } from "./catalog.ts";
import { invalid, Refusal, structured } from "./reply.ts";

const MAX_COMPOSE_BYTES = 200 * 1024;
const CVM_NAME = /^[a-zA-Z](?!.*--)([a-zA-Z0-9-]*[a-zA-Z0-9])$/;

/** The fields of an app-compose that a request may set. */
const composeFields = z.object({
  docker_compose_file: z.string().optional(),
  allowed_envs: z.array(z.string()).readonly().optional(),
  pre_launch_script: z.string().optional(),
  public_logs: z.boolean().optional(),
  public_sysinfo: z.boolean().optional(),
});

export type ComposeRequest = Readonly<z.infer<typeof composeFields>>;

const provisionSchema = z.object({
  name: z.string().min(5).max(63).regex(CVM_NAME),
  instance_type: z.string().optional(),
  teepod_id: z.number().optional(),
  node_id: z.number().optional(),
  compose_file: composeFields,
});

export const commitSchema = z.object({
  app_id: z.string(),
  compose_hash: z.string(),
  encrypted_env: z.string().nullish(),
});

const updateSchema = composeFields.extend({ encrypted_env: z.string().optional() });

export const environmentSchema = z.object({
  encrypted_env: z.string().min(1),
  env_keys: z.array(z.string()).optional(),
});

export type ProvisionRequest = z.infer<typeof provisionSchema> & {
  readonly nodeId: number;
  /** Whether the request names no node. */
  readonly isAnyNode: boolean;
  readonly instanceType: string;
};

export function provisionRequest(body: unknown, defaultNodeId: number): ProvisionRequest {
  const request = check(provisionSchema, body);
  const instanceType = request.instance_type ?? "tdx.small";
  if (!INSTANCE_TYPES.some((type) => type.id === instanceType)) {
    const known = INSTANCE_TYPES.map((type) => type.id).join(", ");
    throw new Refusal(
      400,
      structured("ERR-02-001", `Unknown instance type "${instanceType}"`, [`Use one of: ${known}`]),
    );
  }
  const asked = request.teepod_id ?? request.node_id;
  const nodeId = asked ?? defaultNodeId;
  if (!NODES.some((node) => node.id === nodeId))
    throw new Refusal(404, structured("ERR-01-001", `Node ${nodeId} not found`));
  checkCompose({ docker_compose_file: "", ...request.compose_file });
  return { ...request, nodeId, isAnyNode: asked === undefined, instanceType };
}

export function updateRequest(body: unknown): z.infer<typeof updateSchema> {
  const request = check(updateSchema, body);
  checkCompose(request);
  return request;
}

/** @throws Refusal: 422 if it is too large, ERR-01-003 if it has no services. */
function checkCompose({
  docker_compose_file: text,
  pre_launch_script: script = "",
}: ComposeRequest): void {
  if (text === undefined) return;
  if (Buffer.byteLength(text) + Buffer.byteLength(script) > MAX_COMPOSE_BYTES)
    throw invalid(["body", "compose_file"], "docker_compose_file is too large", "value_error");
  if (!hasServices(text))
    throw new Refusal(400, structured("ERR-01-003", "The compose file is invalid: no services"));
}

const composeSchema = z.looseObject({ services: z.record(z.string(), z.unknown()) });

function hasServices(text: string): boolean {
  try {
    const compose = composeSchema.safeParse(parseYaml(text));
    return compose.success && Object.keys(compose.data.services).length > 0;
  } catch {
    return false;
  }
}

/** @throws Refusal in FastAPI's format (422 with a list) for a body of the wrong shape. */
export function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(422, {
    detail: parsed.error.issues.map((issue) => ({
      loc: ["body", ...issue.path],
      msg: issue.message,
      type: issue.code,
    })),
  });
}
