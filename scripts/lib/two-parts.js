// The program as two CommonJS scripts: what every command and the offline ones need (`main.cjs`), and the rest, which is
// loaded when something of it is asked for. esbuild splits ES modules only, by entry points: the rest is made one that
// needs all of the first part, so that nothing else is shared. Then both become CommonJS.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { transform } from "esbuild";

/** Of the modules that are imported lazily, those of the first part. */
const FIRST_PART = new Set(
  [
    "cli/run",
    "cli/usage",
    "commands/hash/hash",
    "commands/hash/render",
    "commands/history/history",
    "commands/history/render",
    "inputs/resolve",
    "state/cluster-folder",
    "state/known-clusters",
    "state/known-hashes",
  ].map((name) => `src/${name}.ts`),
);
const LAZY_IMPORT = /\bimport\("(\.[^"]+|@[^"]+)"\)/g;
const REST = "rest-of-the-program";

/** @param main the entry point, as all paths relative to `root`. */
export function twoParts(root, main) {
  return {
    name: "two-parts",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${REST}$`) }, () => ({ path: REST, namespace: REST }));
      onLoad({ filter: /.*/, namespace: REST }, () => ({
        resolveDir: root,
        contents: restOf(lazyTargets(root), main),
      }));
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: absolute }) => {
        const file = path.relative(root, absolute);
        const contents = readFileSync(absolute, "utf8").replaceAll(LAZY_IMPORT, (_, name) => {
          const target = targetOf(file, name);
          return FIRST_PART.has(target)
            ? `Promise.resolve().then(() => require("${name}"))`
            : `import("${REST}").then(({ modules }) => modules["${target}"]())`;
        });
        return { contents, loader: "ts" };
      });
    },
  };
}

const targetOf = (file, name) =>
  name.startsWith(".") ? path.join(path.dirname(file), name) : name;

/** Whatever is imported lazily and not in the first part. */
function lazyTargets(root) {
  const files = readdirSync(path.join(root, "src"), { recursive: true })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join("src", file));
  const targets = files.flatMap((file) =>
    Array.from(readFileSync(path.join(root, file), "utf8").matchAll(LAZY_IMPORT), ([, name]) =>
      targetOf(file, name),
    ),
  );
  return [...new Set(targets)]
    .filter((target) => !FIRST_PART.has(target))
    .toSorted((a, b) => a.localeCompare(b));
}

function restOf(targets, main) {
  const members = targets.map((target) => {
    const name = target.startsWith("src") ? `./${target}` : target;
    return `"${target}": () => require("${name}"),`;
  });
  return [`import "./${main}";`, "export const modules = {", ...members, "};"].join("\n");
}

/**
 * @param outputs of a build with `splitting` and this plugin, by their names: text.
 * @returns the text of `main.cjs` and of `rest.cjs`.
 */
export async function asScripts(outputs) {
  const shared = nameIn(outputs, /^chunk-/);
  const rest = nameIn(outputs, new RegExp(`^${REST}`));
  const [, body, bindings] = /^([^]*)export\{([^{}]*)\};\s*$/.exec(outputs[shared]) ?? [];
  if (body === undefined) throw new Error(`${shared} exports nothing`);
  // A third of the part, for every start of an offline command.
  if (body.includes("node_modules/zod/"))
    throw new Error("the first part has zod: import what needs it lazily, or use src/lib/shape.ts");
  const exported = bindingsIn(bindings).map(([local, name]) => ({ local, name }));
  const [, imports, start, entry = ""] =
    /import\{([^{}]*)\}from"[^"]+";(\w+)\(\);export\{([^{}]*)\};\s*$/.exec(outputs["main.js"]) ??
    [];
  if (imports === undefined) throw new Error(`unexpected: ${outputs["main.js"]}`);
  // A library may have a main.js of its own: the entry point then knows its start by another name than the first part.
  const nameOf = (local) => bindingsIn(imports).find(([, as]) => as === local)?.[0];
  const localOf = (local) => exported.find(({ name }) => name === nameOf(local))?.local;
  const tail = [
    `${localOf(start)}();`,
    ...entry.split(",").map((name) => `exports.${name}=${localOf(name)};`),
    // What the rest takes of it, as it is at that time.
    `exports.scope=()=>({${exported.map(({ local, name }) => `get ${name}(){return ${local}}`).join(",")}});`,
  ];
  const inPlace = (text) =>
    text
      .replaceAll(`./${rest}`, "./rest.cjs")
      .replaceAll(`require("./${shared}")`, 'require("./main.cjs").scope()');
  return {
    main: inPlace(await asCommonJs(`${body}${tail.join("\n")}`)),
    rest: inPlace(await asCommonJs(outputs[rest])),
  };
}

/** `[name, as]` of each, from `a,b as c`. */
const bindingsIn = (list) =>
  list.split(",").map((binding) => {
    const [name, as = name] = binding.trim().split(" as ");
    return [name, as];
  });

function nameIn(outputs, pattern) {
  const found = Object.keys(outputs).filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`not one ${pattern}: ${Object.keys(outputs).join(", ")}`);
  return found[0];
}

/** Node's own modules are not looked through when they are imported: that would load all of them. */
async function asCommonJs(text) {
  const { code } = await transform(text, {
    format: "cjs",
    platform: "node",
    target: "node20.19",
    supported: { "dynamic-import": false },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
  });
  return code.replaceAll(
    /__toESM\((require\("(?:node:)?[a-z_/]+"\))(?:,1)?\)/g,
    "((mod)=>Object.create(mod,{default:{value:mod}}))($1)",
  );
}
