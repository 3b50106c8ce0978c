/** What step 10 would meet in the place of orchestrator.yml. */
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { inspectTarget, NotAFileError, type Target } from "../lib/atomic-file.ts";
import { messageOf } from "../errors/cluster-error.ts";
import { failed, passed, type Outcome } from "./check.ts";

const REMEDY = "choose another place with --orchestrator-config";

/** Whether the file can be written, and what is unusual about how. */
export async function outputFindings(file: string): Promise<readonly Outcome[]> {
  try {
    const target = await inspectTarget(file);
    // Also for a file that is written in place: the copy from before is kept beside it.
    await access(path.dirname(target.path), constants.W_OK);
    const { existing } = target;
    if (existing)
      await access(
        target.path,
        existing.mounted ? constants.R_OK | constants.W_OK : constants.R_OK,
      );
    return [passed(file), ...notesOn(file, target)];
  } catch (error) {
    if (error instanceof NotAFileError)
      return [failed(`${file} is a directory or not a regular file`, REMEDY)];
    return [failed(`${file} can't be written: ${messageOf(error)}`, REMEDY)];
  }
}

function notesOn(file: string, { path: target, existing }: Target): readonly Outcome[] {
  if (!existing) return [];
  const notes: string[] = [];
  if (existing.mounted)
    notes.push(
      `${file} is mounted as a single file: it is written in place, after a copy to ${target}.bak`,
    );
  else if (existing.otherNames > 0)
    notes.push(`${file} has ${existing.otherNames} other hard link(s): these keep the old text`);
  return notes.map(passed);
}
