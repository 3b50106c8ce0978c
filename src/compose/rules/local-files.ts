/** What exists only on the operator's machine: the CVM gets the compose text alone. */
import type { ComposeFinding } from "../catalogue.ts";
import type { Service } from "../services.ts";
import { at, entriesOf, itemsOf, lineOfKey, textOf, type Tree } from "../tree.ts";
import { found, inService, type Place, type RuleContext } from "./context.ts";

const ONLY_TEXT = "only the text of the compose file reaches the CVM";

export function localFileFindings(context: RuleContext): readonly ComposeFinding[] {
  const { resolved } = context;
  return [
    ...resolved.services.flatMap((service) => [
      ...image(context, service),
      ...filesOfService(context, service),
      ...mounts(context, service),
    ]),
    ...topLevel(context),
  ];
}

function image(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const build = at(service.node, "build");
  if (build !== undefined) return [buildFinding(context, service, build)];
  if (service.image || at(service.node, "provider") || isExtendedFromFile(service)) return [];
  return [
    found(context, "image-missing", "error", inService(service), {
      message: "the service has no image: docker compose refuses the file",
      remedy: "name one: image: NAME@sha256:…",
    }),
  ];
}

function buildFinding(context: RuleContext, service: Service, build: Tree): ComposeFinding {
  const place = inService(service, lineOfKey(service.node, "build"));
  const folder = textOf(build) ?? textOf(at(build, "context"));
  const isRemote = folder !== undefined && /^(?:https?:|git@|git:|ssh:|github\.com\/)/.test(folder);
  const remedy = "build and push the image, and name it by digest: image: NAME@sha256:…";
  if (isRemote || (folder === undefined && at(build, "dockerfile_inline"))) {
    const message = "the image is built on the CVM: the compose hash does not pin what runs";
    return found(context, "built-on-cvm", "warning", place, { message, remedy });
  }
  const message = `${ONLY_TEXT}, so there is nothing to build from`;
  return found(context, "build-local", "error", place, { message, remedy });
}

const isExtendedFromFile = ({ node }: Service): boolean =>
  at(node, "extends", "file") !== undefined;

function filesOfService(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const { node } = service;
  const report = (key: string, file: string, line: number, optional: boolean): ComposeFinding =>
    localFile(context, inService(service, line), key, file, optional);
  const extended = at(node, "extends", "file");
  return [
    ...oneOrMore(at(node, "env_file")).map((item) => {
      const optional = textOf(at(item, "required")) === "false";
      return report(
        "env_file",
        textOf(item) ?? textOf(at(item, "path")) ?? "",
        item.line,
        optional,
      );
    }),
    ...oneOrMore(at(node, "label_file")).map((item) =>
      report("label_file", textOf(item) ?? "", item.line, false),
    ),
    ...(extended ? [report("extends", textOf(extended) ?? "", extended.line, false)] : []),
  ];
}

const oneOrMore = (tree: Tree | undefined): readonly Tree[] =>
  tree === undefined ? [] : tree.kind === "list" ? tree.items : [tree];

function topLevel(context: RuleContext): readonly ComposeFinding[] {
  const { root } = context.resolved;
  const included = itemsOf(at(root, "include")).map((item) => {
    const paths = oneOrMore(at(item, "path")).map(textOf).join(", ");
    return localFile(context, { line: item.line }, "include", textOf(item) ?? paths, false);
  });
  const files = ["configs", "secrets"].flatMap((key) =>
    entriesOf(at(root, key)).flatMap(([name, value]) => {
      const file = at(value, "file");
      return file
        ? [localFile(context, { line: file.line }, `${key}.${name}`, textOf(file) ?? "", false)]
        : [];
    }),
  );
  const devices = entriesOf(at(root, "volumes")).flatMap(([name, value]) => {
    const device = at(value, "driver_opts", "device");
    return device && isLocal(textOf(device) ?? "")
      ? [localMount(context, { line: device.line }, name)]
      : [];
  });
  return [...included, ...files, ...devices];
}

/** Relative to the compose file, or to somebody's home. */
const isLocal = (path: string): boolean => !path.startsWith("/") && !/^[a-z]+:\/\//i.test(path);

function localFile(
  context: RuleContext,
  place: Place,
  key: string,
  file: string,
  optional: boolean,
): ComposeFinding {
  const remedies: Record<string, string> = {
    env_file:
      "write the variables into `environment`, those that differ per cluster as NAME=${NAME}",
    include: "copy the services into this file",
    extends: "copy the service that it extends into this file",
  };
  const remedy =
    remedies[key] ??
    "write its text into the compose file (`content:`), or take a variable (`environment:`)";
  if (optional || !isLocal(file)) {
    const message = optional
      ? `${ONLY_TEXT}: ${file} is not there, and is left out`
      : `${file} must be there on the CVM: the compose hash does not pin its content`;
    return found(context, "local-file", "warning", place, { message, remedy });
  }
  return found(context, "local-file", "error", place, {
    message: `${ONLY_TEXT}: ${file} is not there (${key})`,
    remedy,
  });
}

function mounts(context: RuleContext, service: Service): readonly ComposeFinding[] {
  return service.mounts
    .filter(({ type, source }) => type === "bind" && source !== undefined && isLocal(source))
    .map(({ line, source }) => localMount(context, inService(service, line), source));
}

function localMount(
  context: RuleContext,
  place: Place,
  source: string | undefined,
): ComposeFinding {
  return found(context, "local-mount", "error", place, {
    message: `${ONLY_TEXT}: ${source} is an empty folder there`,
    remedy: "use a named volume for data, or `configs` with `content:` for a file",
  });
}
