/** The files that the wizard can write: the answers, and templates of compose files. */
import { constants } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_CONFIG_FILE } from "../../core/settings.ts";
import { inputText, mayHoldKey } from "../../inputs/as-text.ts";
import { isFile } from "../../inputs/compose-candidates.ts";
import type { Answers, Raw } from "../../inputs/resolve.ts";
import { definitionsOf, inputDefinition, inputsIn } from "../../inputs/table.ts";
import type { WizardOptions } from "../../inputs/wizard.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import { renderConfigFile } from "../config-init/config-text.ts";
import { makeFolder } from "../../lib/make-folder.ts";

type Kept = Pick<WizardOptions, "saveTo" | "save" | "writeTemplate">;

export async function keptFiles({
  sandboxExamples,
}: Pick<CommandDependencies, "sandboxExamples">): Promise<Kept> {
  return {
    saveTo: (await isFile(DEFAULT_CONFIG_FILE)) ? undefined : DEFAULT_CONFIG_FILE,
    async save(answers, file) {
      await writeFile(file, renderConfigFile(given(answers), false), { flag: "wx" });
      return leftOut(answers);
    },
    async writeTemplate(key) {
      const file = inputDefinition(key).default ?? "";
      const template = (await sandboxExamples())[key];
      makeFolder(path.dirname(file));
      if (!(await isFile(file))) await copyFile(String(template), file, constants.COPYFILE_EXCL);
      return file;
    },
  };
}

const KEPT = definitionsOf(inputsIn("cluster", "aws", "attestation", "procedure"));

/** Flags whose value may contain a key. */
const leftOut = ({ values }: Answers): string[] =>
  KEPT.flatMap(({ key, flag }) => (flag !== undefined && mayHoldKey(values[key]) ? [flag] : []));

/** Values other than the default, without secrets. */
function given({ values, origins }: Answers): Raw {
  return Object.fromEntries(
    KEPT.flatMap(({ key, flag, secret }) => {
      const text = inputText(values[key]);
      const isSecret = secret || mayHoldKey(values[key]);
      const isKept = flag !== undefined && !isSecret && origins[key] !== "default";
      return isKept && text !== undefined && text.length > 0 ? [[key, text]] : [];
    }),
  );
}
