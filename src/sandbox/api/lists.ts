/** Lists of CVMs and apps, which lag behind the cloud's state. */
import * as z from "zod";
import { hashId, listedCvms } from "../find.ts";
import { lifeOf } from "../lifecycle.ts";
import type { CvmState } from "../model.ts";
import { ok, Refusal } from "../reply.ts";
import { check } from "../requests.ts";
import { cvmResponse, dashed, oldBasicInfo, oldListItem, secondsUp } from "../responses.ts";
import { get, pageOf, route, type Handle, type Reading, type Route } from "./route.ts";
import { buildAppCompose, composeHashOf } from "../app-compose.ts";
import { NODES } from "../catalog.ts";

function listed({ state, world: { behaviour }, now }: Reading): readonly CvmState[] {
  const own = listedCvms(state, behaviour.listedAfterDeletionMs, now);
  return behaviour.nullNamed ? [foreignCvm(), ...own] : own;
}

type OldShape = (cvm: CvmState, now: number) => Readonly<Record<string, unknown>>;

/** @param oldShape if this route has its own shape in the older schema. */
function item(reading: Reading, cvm: CvmState, oldShape?: OldShape): unknown {
  const { request, world, now } = reading;
  const { version } = request;
  const { behaviour } = world;
  const isOld = oldShape !== undefined && version === "2025-10-28";
  const fields = isOld ? oldShape(cvm, now) : cvmResponse(cvm, { version, behaviour, now });
  // Only the CVM of `foreignCvm` has an empty name.
  return cvm.name === "" ? { ...fields, name: null } : fields;
}

const bareList = (reading: Reading): unknown => listed(reading).map((cvm) => item(reading, cvm));

function paginated(reading: Reading): unknown {
  const { query } = reading.request;
  const search = query.get("search") ?? "";
  const node = query.get("node_id") ?? query.get("teepod_id");
  const all = listed(reading).filter(
    (cvm) => cvm.name.includes(search) && (node === null || String(cvm.nodeId) === node),
  );
  const { page, size, pages, start } = pageOf(all.length, query, reading.world.behaviour);
  const items = all.slice(start, start + size).map((cvm) => item(reading, cvm, oldListItem));
  return { items, total: all.length, page, page_size: size, pages };
}

/** The CVMs of each app, oldest app first. */
function appsOf(reading: Reading): readonly (readonly CvmState[])[] {
  const apps = new Map<string, CvmState[]>();
  for (const cvm of listed(reading)) {
    const known = apps.get(cvm.appId);
    if (known) known.push(cvm);
    else apps.set(cvm.appId, [cvm]);
  }
  return [...apps.values()];
}

function appResponse(reading: Reading, cvms: readonly CvmState[]): unknown {
  const [first] = cvms;
  if (!first) throw new Refusal(404, { detail: "App not found" });
  const shown = cvms.map((cvm) => item(reading, cvm, oldBasicInfo));
  return {
    id: `app_${hashId(first)}`,
    name: first.name,
    app_id: first.appId,
    app_provision_type: null,
    app_icon_url: null,
    created_at: new Date(first.createdAt).toISOString(),
    kms_type: "phala",
    profile: null,
    current_cvm: shown.at(-1),
    cvms: shown,
    cvm_count: shown.length,
  };
}

function appPage(reading: Reading): unknown {
  const { query } = reading.request;
  const search = query.get("search") ?? "";
  const all = appsOf(reading).filter((cvms) => cvms.some(({ name }) => name.includes(search)));
  const { page, size, pages, start } = pageOf(all.length, query, reading.world.behaviour);
  return {
    dstack_apps: all.slice(start, start + size).map((cvms) => appResponse(reading, cvms)),
    page,
    page_size: size,
    total: all.length,
    total_pages: pages,
  };
}

function cvmsOfApp(reading: Reading, id: string): readonly CvmState[] {
  const cvms = listed(reading).filter(({ appId }) => appId === id.replace(/^app_/, ""));
  if (cvms.length === 0) throw new Refusal(404, { detail: "App not found" });
  return cvms;
}

const batchRequest = z.object({ vm_uuids: z.array(z.string()) });

const statusBatch: Handle = async (world, request) => {
  const now = Date.now();
  const asked = check(batchRequest, request.body).vm_uuids;
  const wanted = new Set(asked.map((uuid) => uuid.replaceAll("-", "")));
  const listedNow = listedCvms(await world.store.read(), 0, now);
  const cvms = listedNow.filter(({ vmUuid }) => wanted.has(vmUuid));
  return ok(Object.fromEntries(cvms.map((cvm) => [dashed(cvm.vmUuid), statusOf(cvm, now)])));
};

function statusOf(cvm: CvmState, now: number): unknown {
  const { status, inProgress, serving, bootedAt, bootError } = lifeOf(cvm, now);
  return {
    vm_uuid: dashed(cvm.vmUuid),
    status,
    uptime: serving ? `${secondsUp(bootedAt, now)}s` : null,
    in_progress: inProgress !== undefined,
    boot_progress: status === "running" ? "done" : null,
    boot_error: bootError,
    operation_type: inProgress?.type ?? null,
    operation_started_at: inProgress ? new Date(inProgress.startedAt).toISOString() : null,
    correlation_id: inProgress?.correlationId ?? null,
  };
}

export const LIST_ROUTES: readonly Route[] = [
  get("/cvms", bareList),
  get("/cvms/paginated", paginated),
  get("/apps", appPage),
  get("/apps/:id", (reading, id) => appResponse(reading, cvmsOfApp(reading, id))),
  get("/apps/:id/cvms", (reading, id) =>
    cvmsOfApp(reading, id).map((cvm) => item(reading, cvm, oldListItem)),
  ),
  route("POST", "/status/batch", statusBatch),
];

/** Another user's CVM, whose name the platform does not show. It is in lists only. */
function foreignCvm(): CvmState {
  const appCompose = buildAppCompose({ docker_compose_file: "services: {web: {image: nginx}}\n" });
  const composeHash = composeHashOf(appCompose);
  const times = { startedAt: 0, oldServesMs: 0, durationMs: 0 };
  return {
    id: 1_000_000,
    name: "",
    appId: "e".repeat(40),
    vmUuid: "eeeeeeeeeeee4eee8eeeeeeeeeeeeeee",
    nodeId: NODES[0]?.id ?? 0,
    instanceType: "tdx.small",
    createdAt: 0,
    deletedAt: null,
    kmsPrivateKey: "",
    kmsPublicKey: "00".repeat(32),
    current: { appCompose, composeHash, encryptedEnv: null },
    previous: null,
    operations: [{ correlationId: "foreign", type: "create", ...times, composeHash }],
    pushed: null,
  };
}
