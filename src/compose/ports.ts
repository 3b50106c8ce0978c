/** The host side of a compose service's `ports`: https://docs.docker.com/reference/compose-file/services/#ports. Pure. */
import { at, textOf, type Tree } from "./tree.ts";

export type PublishedPort = {
  readonly line: number;
  /** The first and the last port on the host side; undefined: docker chooses one that nobody knows. */
  readonly range: readonly [first: number, last: number] | undefined;
  readonly protocol: string;
  /** Whether only processes on the CVM itself reach it. */
  readonly loopback: boolean;
};

/** An entry of `ports`, its variables filled in. */
export function publishedPort(entry: Tree): PublishedPort {
  const { address, published, protocol } =
    entry.kind === "map" ? longForm(entry) : shortForm(textOf(entry) ?? "");
  return {
    line: entry.line,
    range: rangeOf(published),
    protocol: protocol.toLowerCase(),
    loopback: /^(?:127\.|\[?::1\]?$|localhost$)/i.test(address),
  };
}

/** Whether the gateway, which forwards TCP from outside, reaches this port through the entry. */
export function reaches(entry: PublishedPort, port: number): boolean {
  return covers(entry, port) && entry.protocol === "tcp" && !entry.loopback;
}

export function covers({ range }: PublishedPort, port: number): boolean {
  return range !== undefined && range[0] <= port && port <= range[1];
}

type Parts = { readonly address: string; readonly published: string; readonly protocol: string };

function longForm(entry: Tree): Parts {
  return {
    address: textOf(at(entry, "host_ip")) ?? "",
    published: textOf(at(entry, "published")) ?? "",
    protocol: textOf(at(entry, "protocol")) ?? "tcp",
  };
}

/** `[[address:]published:]target[/protocol]`. */
function shortForm(text: string): Parts {
  const [ports = "", protocol = "tcp"] = text.split("/");
  const parts = ports.split(":");
  return {
    address: parts.slice(0, -2).join(":"),
    published: parts.length < 2 ? "" : (parts.at(-2) ?? ""),
    protocol,
  };
}

function rangeOf(text: string): readonly [number, number] | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return last < first || last > 65_535 ? undefined : [first, last];
}
