/** The REST API. */
import { ACCOUNT_ROUTES } from "./api/account.ts";
import { CHANGE_ROUTES } from "./api/changes.ts";
import { CVM_ROUTES } from "./api/cvms.ts";
import { LIST_ROUTES } from "./api/lists.ts";
import type { ApiRequest, ApiWorld, Route } from "./api/route.ts";
import { assertUnambiguous } from "./find.ts";
import { Refusal, type Reply } from "./reply.ts";

/** The first match answers: `/cvms/paginated` must come before `/cvms/:id`. */
const ROUTES: readonly Route[] = [
  ...ACCOUNT_ROUTES,
  ...LIST_ROUTES,
  ...CHANGE_ROUTES,
  ...CVM_ROUTES,
];

/** @throws Refusal for what the platform refuses. */
export async function answerApi(world: ApiWorld, request: ApiRequest): Promise<Reply> {
  for (const route of ROUTES) {
    const match = route.method === request.method ? route.path.exec(request.path) : null;
    if (!match) continue;
    const id = decodedId(match[1] ?? "");
    if (world.behaviour.ambiguousIds && request.path.startsWith("/cvms/"))
      assertUnambiguous(await world.store.read(), id);
    return route.handle(world, request, id);
  }
  throw new Refusal(404, { detail: "Not Found" });
}

function decodedId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(404, { detail: "Not Found" });
  }
}
