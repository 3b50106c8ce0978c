/** Where a CVM is in its life at a moment. Derived from times, so CVMs boot while no sandbox runs. */
import type { CvmState, Generation, Operation } from "./model.ts";

export type Life = {
  readonly status: string;
  /** The operation under way, if any. */
  readonly inProgress: Operation | undefined;
  /** What answers at the gateway; undefined: nobody. */
  readonly serving: Generation | undefined;
  /** When the answering instance started; ms since the epoch. */
  readonly bootedAt: number;
  /** Names the running instance: another after each restart. */
  readonly instance: string;
};

/** An image of this kind never comes up: so that a failing boot can be tried out. */
const CRASHES = /crash-on-boot/;

export function lifeOf(cvm: CvmState, now: number): Life {
  const newest = cvm.operations.at(-1);
  if (newest === undefined) return { ...asleep("stopped"), inProgress: undefined };
  const elapsed = now - newest.startedAt;
  if (newest.type === "shutdown") return { ...asleep("stopped"), inProgress: undefined };
  if (elapsed < newest.oldServesMs && cvm.previous) {
    const before = cvm.operations.at(-2) ?? newest;
    const running = awake(cvm.previous, before);
    return { ...running, status: "running", inProgress: newest };
  }
  if (elapsed < newest.durationMs) return { ...asleep("starting"), inProgress: newest };
  if (CRASHES.test(cvm.current.appCompose.docker_compose_file ?? "")) {
    return { ...asleep("error"), inProgress: undefined };
  }
  return { ...awake(cvm.current, newest), status: "running", inProgress: undefined };
}

function asleep(status: string): Omit<Life, "inProgress"> {
  return { status, serving: undefined, bootedAt: 0, instance: "" };
}

function awake(serving: Generation, since: Operation): Omit<Life, "status" | "inProgress"> {
  return { serving, bootedAt: since.startedAt + since.durationMs, instance: since.correlationId };
}
