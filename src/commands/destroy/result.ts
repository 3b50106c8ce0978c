/** The answer of `destroy`. */
import type { CvmRole } from "../../core/domain.ts";
import type { Warning } from "../../core/events.ts";

export type DestroyResult = {
  readonly ok: true;
  readonly command: "destroy";
  readonly cluster: string;
  /** What this run deleted, in that order. */
  readonly deleted: readonly {
    readonly name: string;
    readonly app_id: string | null;
    readonly role: CvmRole;
  }[];
  readonly warnings: readonly Warning[];
};
