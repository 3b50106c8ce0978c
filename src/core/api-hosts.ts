/** Host names of Phala's API: the one in its documentation, and the default of its CLI. */
const PHALA_HOSTS: readonly string[] = ["cloud-api.phala.network", "cloud-api.phala.com"];

/** The host first, then its aliases. */
export function namesOfHost(host: string): readonly string[] {
  return PHALA_HOSTS.includes(host)
    ? [host, ...PHALA_HOSTS.filter((name) => name !== host)]
    : [host];
}

export const isPhalaHost = (host: string): boolean => PHALA_HOSTS.includes(host);

export const isSameApi = (a: string, b: string): boolean => namesOfHost(a).includes(b);
