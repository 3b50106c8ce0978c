/** `tee-cluster config init`: writes a commented tee-cluster.yml. */
import { isErrno } from "../../lib/errno.ts";
import { rm, writeFile } from "node:fs/promises";
import { command, hint } from "../../core/command-hint.ts";
import { ClusterError, messageOf } from "../../errors/cluster-error.ts";
import { DEFAULT_CONFIG_FILE } from "../../core/settings.ts";
import { ONLY_IN_NAMED_FILES } from "../../inputs/config-file.ts";
import { assertNoProblems, resolveInputs } from "../../inputs/resolve.ts";
import { INPUTS } from "../../inputs/table.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { ConfigInitResult } from "./result.ts";
import { renderConfigFile } from "./config-text.ts";

export async function initConfig({
  signal,
  flags,
}: CommandRun<{ readonly argument: string | undefined }>): Promise<ConfigInitResult> {
  const { keys, inputs, argument: file = DEFAULT_CONFIG_FILE } = flags;
  const config = { path: undefined, values: {} };
  // Only options: the environment will be there in the next run too.
  const given = resolveInputs({ flags: inputs, env: {}, config, examples: {}, keys });
  assertNoProblems({ ...given, missing: [] });
  const isNamed = file !== DEFAULT_CONFIG_FILE;
  const filled = INPUTS.filter(({ key }) => inputs[key] !== undefined).flatMap(
    ({ flag }) => flag ?? [],
  );
  assertAllowed(filled, file, isNamed);
  const text = renderConfigFile(inputs, isNamed);
  signal.throwIfAborted();
  if (!flags.dryRun) await writeNew(file, text);
  return { ok: true, command: "config init", file, written: !flags.dryRun, filled, text };
}

/** Every later run would refuse the default file with these keys. */
function assertAllowed(filled: readonly string[], file: string, isNamed: boolean): void {
  const found = isNamed ? [] : filled.filter((flag) => ONLY_IN_NAMED_FILES.has(flag));
  if (found.length === 0) return;
  throw new ClusterError("input", "config-file-not-trusted", {
    message: `${file} may not set ${found.join(", ")}: a file that is only found must not say where secrets go`,
    hint: hint`write a file that is always named with --config: ${command("config init", "my-cluster.yml")}`,
  });
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if (isErrno(error, "EEXIST")) throw exists(file);
    // Nothing half-written stays.
    await rm(file, { force: true }).catch(() => undefined);
    throw new ClusterError("prerequisite", "config-file-unwritable", {
      message: `can't write ${file}: ${messageOf(error)}`,
      hint: hint`name another file: ${command("config init", "my-cluster.yml")}`,
      cause: error,
    });
  }
}

function exists(file: string): ClusterError {
  return new ClusterError("conflict", "config-file-exists", {
    message: `${file} exists already; it was not changed`,
    hint: hint`see what it says: ${command("config show", "--config", file)}; or write another file: ${command("config init", "my-cluster.yml")}`,
  });
}
