/** Values of inputs as they could be given with their flags: what the record keeps, and `config show` shows. */
import type { ClusterSettings, Crunch, RegistryVariable, Watcher } from "../core/settings.ts";
import { inputsIn, inputDefinition, type InputKey } from "./table.ts";

/** Undefined for a value that no flag could give. Never called with a secret. */
export function inputText(value: unknown): string | readonly string[] | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) {
    const texts = value.map((item) => inputText(item)).filter((text) => typeof text === "string");
    return texts.length === value.length ? texts : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  // Of a further variable only the name: the value is a secret.
  if ("value" in value && "name" in value) return (value as RegistryVariable).name;
  if ("id" in value) return crunchText(value as Crunch);
  return "type" in value ? watcherText(value as Watcher) : undefined;
}

const crunchText = ({ id, name }: Crunch): string => `${id}=${name}`;

const watcherText = (watcher: Watcher): string =>
  watcher.type === "yaml" ? `yaml:${watcher.path}` : `onchain:${watcher.url}`;

/**
 * Whether a value may have a key in it, as the URLs of providers of blockchain nodes do: in the query, or as a part of
 * the path. Such a one is kept in no file but the one that it is for.
 */
export function mayHoldKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("url" in value)) return false;
  const { url } = value as { readonly url: string };
  const { search, hash, pathname } = URL.canParse(url) ? new URL(url) : new URL("onchain:?");
  return search !== "" || hash !== "" || pathname.split("/").some((part) => KEY_LIKE.test(part));
}

const KEY_LIKE = /^(?=.*\d)(?=.*[A-Za-z])[\w.~%-]{16,}$|^[\w.~%-]{32,}$/;

/** Of the node that the registry is on: recorded with each approval, as it was then. */
const RECORDED_ELSEWHERE: ReadonlySet<InputKey> = new Set(["clusterName", "cvmBaseDomain"]);

/** What the record keeps of a run's inputs, by the names of their flags: everything about the cluster but its name. */
export function settingsTexts(
  cluster: ClusterSettings,
  awsRegion: string,
): Readonly<Record<string, string | string[]>> {
  const values: Partial<Record<InputKey, unknown>> = { ...cluster, awsRegion };
  const keys: readonly InputKey[] = [...inputsIn("cluster"), "awsRegion"];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const { flag, secret } = inputDefinition(key);
      const text = inputText(values[key]);
      const isKept = !RECORDED_ELSEWHERE.has(key) && !secret && !mayHoldKey(values[key]);
      if (!isKept || flag === undefined || !text?.length) return [];
      return [[flag, typeof text === "string" ? text : [...text]]];
    }),
  );
}
