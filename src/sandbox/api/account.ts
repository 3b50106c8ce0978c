/** The account, the nodes, the sizes, the workspaces: what is there without any CVM. */
import { NODES } from "../catalog.ts";
import {
  account,
  instanceTypes,
  instanceTypesOf,
  nodes,
  osImages,
  quotas,
  WORKSPACE,
  workspaceNodes,
} from "../platform.ts";
import { Refusal } from "../refusal.ts";
import { get, ok, type Route } from "./route.ts";

function workspaceOf(slug: string): typeof WORKSPACE {
  if (slug === WORKSPACE.slug) return WORKSPACE;
  throw new Refusal(404, { detail: "Workspace not found" });
}

export const ACCOUNT_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: /^\/auth\/me$/,
    handle: async (world, request) => ok(account(world.creditUsd, request.version)),
  },
  get(/^\/teepods\/available$/, () => nodes()),
  get(/^\/instance-types$/, () => instanceTypes()),
  get(/^\/instance-types\/([^/]+)$/, (_reading, family) => instanceTypesOf(family)),
  get(/^\/os-images$/, () => osImages()),
  get(/^\/user\/ssh-keys$/, () => []),
  get(/^\/workspaces$/, () => ({
    data: [WORKSPACE],
    pagination: { has_more: false, next_cursor: null, total: 1 },
  })),
  get(/^\/workspaces\/([^/]+)$/, (_reading, slug) => workspaceOf(slug)),
  get(/^\/workspaces\/([^/]+)\/nodes$/, (_reading, slug) => {
    workspaceOf(slug);
    return workspaceNodes(NODES);
  }),
  get(/^\/workspaces\/([^/]+)\/quotas$/, ({ now }, slug) => quotas(workspaceOf(slug).slug, now)),
];
