/** The answer of `logs`: its lines, and nothing around them. */
import type { LogsResult } from "./result.ts";

export const renderLogs = ({ lines }: LogsResult): readonly string[] => lines;
