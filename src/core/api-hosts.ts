/** Under which names one API is reachable: that of Phala's documents, and the default of its CLI. */
const PHALA_HOSTS: readonly string[] = ["cloud-api.phala.network", "cloud-api.phala.com"];

/** The host itself first, then its other names. */
export function namesOfHost(host: string): readonly string[] {
  return PHALA_HOSTS.includes(host)
    ? [host, ...PHALA_HOSTS.filter((name) => name !== host)]
    : [host];
}

export const isPhalaHost = (host: string): boolean => PHALA_HOSTS.includes(host);

export const isSameApi = (a: string, b: string): boolean => namesOfHost(a).includes(b);
