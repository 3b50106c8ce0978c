/** References to files that exist only on the operator's machine: only the compose text reaches the CVM. */
import type { Service } from "../services.ts";
import { at, entriesOf, itemsOf, lineOfKey, textOf, type Tree } from "../tree.ts";
import { inService, type Place, type Problem, type RuleContext } from "./context.ts";

const ONLY_TEXT = "only the text of the compose file reaches the CVM";

export function localFiles({ resolved }: RuleContext): readonly Problem[] {
  const { root, services } = resolved;
  const ofServices = services.flatMap((service) => [
    ...image(service),
    ...filesOfService(service),
    ...mounts(service),
  ]);
  return [...ofServices, ...topLevel(root)];
}

function image(service: Service): readonly Problem[] {
  const { node } = service;
  const build = at(node, "build");
  if (build !== undefined) return [buildProblem(service, build)];
  if (service.image || at(node, "provider") || at(node, "extends", "file")) return [];
  const message = "the service has no image: docker compose refuses the file";
  const remedy = "name one: image: NAME@sha256:…";
  return [{ code: "image-missing", ...inService(service), message, remedy }];
}

function buildProblem(service: Service, build: Tree): Problem {
  const place = inService(service, lineOfKey(service.node, "build"));
  const folder = textOf(build) ?? textOf(at(build, "context"));
  const isRemote = folder !== undefined && /^(?:https?:|git@|git:|ssh:|github\.com\/)/.test(folder);
  const remedy = "build and push the image, and name it by digest: image: NAME@sha256:…";
  if (isRemote || (folder === undefined && at(build, "dockerfile_inline"))) {
    const message = "the image is built on the CVM: the compose hash does not pin what runs";
    return { code: "built-on-cvm", ...place, message, remedy };
  }
  const message = `${ONLY_TEXT}, so there is nothing to build from`;
  return { code: "build-local", ...place, message, remedy };
}

function filesOfService(service: Service): readonly Problem[] {
  const { node } = service;
  const report = (key: string, file: Tree | undefined, { line }: Tree, optional = false): Problem =>
    localFile(inService(service, line), key, textOf(file) ?? "", optional);
  const extended = at(node, "extends", "file");
  return [
    ...oneOrMore(at(node, "env_file")).map((item) => {
      const optional = textOf(at(item, "required")) === "false";
      return report("env_file", at(item, "path") ?? item, item, optional);
    }),
    ...oneOrMore(at(node, "label_file")).map((item) => report("label_file", item, item)),
    ...(extended ? [report("extends", extended, extended)] : []),
  ];
}

function oneOrMore(tree: Tree | undefined): readonly Tree[] {
  if (tree === undefined) return [];
  return tree.kind === "list" ? tree.items : [tree];
}

function topLevel(root: Tree): readonly Problem[] {
  const included = itemsOf(at(root, "include")).map((item) => {
    const paths = oneOrMore(at(item, "path")).map(textOf).join(", ");
    return localFile({ line: item.line }, "include", textOf(item) ?? paths, false);
  });
  const files = ["configs", "secrets"].flatMap((key) =>
    entriesOf(at(root, key)).flatMap(([name, value]) => {
      const file = at(value, "file");
      return file
        ? [localFile({ line: file.line }, `${key}.${name}`, textOf(file) ?? "", false)]
        : [];
    }),
  );
  const devices = entriesOf(at(root, "volumes")).flatMap(([name, value]) => {
    const device = at(value, "driver_opts", "device");
    return device && isLocal(textOf(device) ?? "") ? [localMount({ line: device.line }, name)] : [];
  });
  return [...included, ...files, ...devices];
}

/** Relative to the compose file, or to somebody's home. */
const isLocal = (path: string): boolean => !path.startsWith("/") && !/^[a-z]+:\/\//i.test(path);

const REMEDIES: Readonly<Record<string, string>> = {
  env_file: "write the variables into `environment`, those that differ per cluster as NAME=${NAME}",
  include: "copy the services into this file",
  extends: "copy the service that it extends into this file",
};
const OTHER_REMEDY =
  "write its text into the compose file (`content:`), or take a variable (`environment:`)";

function localFile(place: Place, key: string, file: string, optional: boolean): Problem {
  const remedy = REMEDIES[key] ?? OTHER_REMEDY;
  const common = { code: "local-file", ...place, remedy } as const;
  if (optional) {
    const message = `${ONLY_TEXT}: ${file} is not there, and is left out`;
    return { ...common, severity: "warning", message };
  }
  if (isLocal(file)) return { ...common, message: `${ONLY_TEXT}: ${file} is not there (${key})` };
  const message = `${file} must be there on the CVM: the compose hash does not pin its content`;
  return { ...common, severity: "warning", message };
}

const mounts = (service: Service): readonly Problem[] =>
  service.mounts
    .filter(({ type, source }) => type === "bind" && source !== undefined && isLocal(source))
    .map(({ line, source }) => localMount(inService(service, line), source));

const localMount = (place: Place, source: string | undefined): Problem => ({
  code: "local-mount",
  ...place,
  message: `${ONLY_TEXT}: ${source} is an empty folder there`,
  remedy: "use a named volume for data, or `configs` with `content:` for a file",
});
