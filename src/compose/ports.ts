/** The host side of a compose service's `ports`: https://docs.docker.com/reference/compose-file/services/#ports */

import { withDefaults } from "./placeholders.ts";

type PortEntry = string | number | { readonly published?: string | number | undefined };

export function publishedPorts(entries: readonly PortEntry[]): ReadonlySet<number> {
  return new Set(entries.flatMap((entry) => rangeOf(hostPart(entry))));
}

/** Of `[address:]published:target[/protocol]`; a container port alone gets a port that nobody knows. */
function hostPart(entry: PortEntry): string {
  if (typeof entry === "object") return withDefaults(String(entry.published ?? ""));
  const parts = withDefaults(String(entry))
    .replace(/\/\w+$/, "")
    .split(":");
  return parts.length < 2 ? "" : (parts.at(-2) ?? "");
}

function rangeOf(text: string): number[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) return [];
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last < first || last > 65_535) return [];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
