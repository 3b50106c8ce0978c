/** What a CVM does once its compose file meets its environment: mode, ports, approved list. */
import { parseCompose, type ComposeService } from "../compose/compose-file.ts";
import { decryptEnvironment } from "./kms.ts";
import type { CvmState, Generation } from "./model.ts";

/** The spawntee container as it runs: its environment after interpolation. */
export type RunningService = {
  readonly image: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly publishedPorts: ReadonlySet<number>;
};

/** The environment that the generation was given; empty where there is none. */
export function environmentOf(cvm: CvmState, generation: Generation): ReadonlyMap<string, string> {
  if (generation.encryptedEnv === null) return new Map();
  const all = decryptEnvironment(generation.encryptedEnv, cvm.kmsPrivateKey);
  // dstack drops what the app-compose does not allow.
  const allowed = new Set(generation.appCompose.allowed_envs ?? []);
  return new Map([...all].filter(([name]) => allowed.has(name)));
}

/** Every service of the compose file with its variables filled in. */
export function runningServices(cvm: CvmState, generation: Generation): readonly RunningService[] {
  const given = environmentOf(cvm, generation);
  const compose = parseCompose(generation.appCompose.docker_compose_file ?? "", cvm.name);
  return compose.services.map((service) => run(service, given));
}

function run(service: ComposeService, given: ReadonlyMap<string, string>): RunningService {
  const filled = Object.entries(service.environment).map(
    ([name, value]) => [name, interpolate(value, given)] as const,
  );
  return {
    image: service.image ?? "",
    environment: new Map(filled),
    publishedPorts: service.publishedPorts,
  };
}

/** Docker compose's interpolation of `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}` and `$$`. */
export function interpolate(text: string, given: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(?:(:?-)((?:[^{}]|\{[^{}]*\})*)|:?\?[^}]*)?\}/g,
    (
      match,
      plain: string | undefined,
      braced: string | undefined,
      operator: string | undefined,
      fallback: string,
    ) => {
      if (match === "$$") return "$";
      const value = given.get(plain ?? braced ?? "");
      const useFallback = operator === ":-" ? !value : operator === "-" && value === undefined;
      return useFallback ? interpolate(fallback, given) : (value ?? "");
    },
  );
}
