/** The operators' files: two versions of each compose file, and what nobody should approve. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gatewayKey } from "../helpers/gateway-key.ts";
import { runnerEnvironmentNames } from "../../src/compose/environment.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";
import { appComposeOf, hashOf } from "./app-composes.ts";

export const CLUSTER = "bird";

export class Files {
  readonly key: string;
  /** What the operators trust: the made-up authorities. */
  readonly trust: string;
  readonly #folder: string;
  readonly #texts = new Map<string, string>();

  /** Writes them once for all histories. */
  constructor(folder: string, fixtures: string, trust: string) {
    this.#folder = folder;
    for (const role of ["runner", "registry"]) {
      const text = essenceOf(
        readFileSync(path.join(fixtures, `docker-compose.phala.${role}.yml`), "utf8"),
      );
      for (const version of [0, 1]) {
        const name = `${role}${version}`;
        this.#texts.set(name, `# version ${version}\n${text}`);
        writeFileSync(this.path(name), this.text(name));
      }
    }
    this.trust = path.join(folder, "trust.json");
    writeFileSync(this.trust, trust);
    this.key = path.join(folder, "gateway.pem");
    writeFileSync(this.key, gatewayKey("gateway.pem"), { mode: 0o600 });
  }

  path(name: string): string {
    return path.join(this.#folder, `${name}.yml`);
  }

  /** `evil` is a runner's with something in it that no operator wrote. */
  text(name: string): string {
    if (name === "evil") return `${this.text("runner0")}# and a shell for everybody\n`;
    return this.#texts.get(name) ?? "";
  }

  /** The hash of a runner that an orchestrator makes of a compose file. @param code what the platform adds. */
  runnerHash(name: string, schema: "v1" | "v2", code: readonly Lie[] = []): string {
    return hashOf(appComposeOf(this.text(name), runnerNames(schema), code));
  }
}

export const runnerNames = (schema: "v1" | "v2"): readonly string[] =>
  runnerEnvironmentNames({ schema, coordinatorWallet: schema === "v2" ? "0xModel" : undefined });

/** Without comments and most ports: each run reads both files. */
function essenceOf(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line) && !/"5000[2-9]:/.test(line))
    .join("\n");
}
