/** How a CVM is doing, as the API reports it. */
import { findLive } from "./find.ts";
import { lifeOf } from "./lifecycle.ts";
import type { CloudState } from "./model.ts";

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
