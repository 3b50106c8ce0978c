/** An orchestrator.yml that others have written, read and looked at before anything of it is changed. Pure. */
import { isMap, parseDocument, type Document } from "yaml";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";

/** Where a text is from, and what to do where it can't be worked with: the commands have different flags for that. */
export type Source = {
  readonly path: string;
  readonly advice: { readonly unreadable: string; readonly otherRunner: string };
};

export const RUNNER = ["infrastructure", "runner"] as const;

/** @throws ClusterError `config-unreadable` (conflict). */
export function readable(text: string, source: Source): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw unreadable(source, `is not YAML: ${error.message.split("\n")[0] ?? ""}`);
  try {
    document.toJS();
  } catch (thrown) {
    // An alias without its anchor, or aliases that unfold without end.
    throw unreadable(source, `is not YAML: ${messageOf(thrown)}`);
  }
  if (!isEmpty(document) && !isMap(document.contents)) throw unreadable(source, "is not a mapping");
  for (const where of [["infrastructure"], RUNNER]) {
    if (document.hasIn(where) && !isMap(document.getIn(where, true))) {
      throw unreadable(source, `has an ${where.join(".")} that is not a mapping`);
    }
  }
  return document;
}

export const isEmpty = (document: Document): boolean => document.toJS() === null;

/**
 * A file for local or AWS runners has keys that the orchestrator refuses beside `type: phala`.
 * @throws ClusterError `config-other-runner` (conflict).
 */
export function assertNoOtherRunner(document: Document, { path, advice }: Source): void {
  const type: unknown = document.getIn([...RUNNER, "type"]);
  if (type === undefined || type === null || type === "phala") return;
  throw new ClusterError({
    kind: "conflict",
    code: "config-other-runner",
    message: `${path} configures runners of type ${JSON.stringify(type)}, not phala; it was left as it is`,
    hint: advice.otherRunner,
  });
}

export function unreadable({ path, advice }: Source, what: string): ClusterError {
  return new ClusterError({
    kind: "conflict",
    code: "config-unreadable",
    message: `${path} ${what}; it was left as it is`,
    hint: advice.unreadable,
  });
}
