/** The answer of `completion`: the script, as the shell reads it. */
import type { CompletionResult } from "./result.ts";

export const renderCompletion = ({ script }: CompletionResult): string[] =>
  script.trimEnd().split("\n");
