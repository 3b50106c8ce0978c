/** The config file that is found in the working directory: that is the process's, which unit tests share. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import type { ClusterError } from "../../src/errors/cluster-error.ts";
import { readConfigFile } from "../../src/inputs/config-file.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

it.each(["phala-api-url", "phala-bin", "gateway-url", "collateral-url", "state-dir"])(
  "may set %s only when it was named",
  async (key) => {
    const folder = await temporaryFolder();
    const text = `node: prod9\n${key}: https://elsewhere.example\n`;
    await writeFile(path.join(folder, "tee-cluster.yml"), text);
    const before = process.cwd();
    process.chdir(folder);
    const outcome = await readConfigFile(undefined)
      .catch((error: unknown) => error as ClusterError)
      .finally(() => process.chdir(before));
    expect(outcome).toMatchObject({
      kind: "input",
      message: expect.stringContaining(`tee-cluster.yml: ${key} (line 2)`) as unknown,
      hint: expect.stringContaining("--config tee-cluster.yml") as unknown,
    });
  },
);
