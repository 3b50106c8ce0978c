/** The CVMs of one cluster among all of the account's. */
import { CVM_ROLES, roleOf, type Cvm, type CvmRole } from "../core/domain.ts";
import type { CloudApi } from "../core/ports.ts";

export type ClusterCvm = { readonly cvm: Cvm; readonly role: CvmRole };

/**
 * By their whole names, in the order in which they are taken down.
 * @throws ClusterError (platform; prerequisite for a key that is refused).
 */
export async function clusterCvms(
  cluster: string,
  api: CloudApi,
  signal: AbortSignal,
): Promise<readonly ClusterCvm[]> {
  const keep = ({ name }: { name: string }): boolean => roleOf(name, cluster) !== undefined;
  const cvms = await api.listCvms(signal, { keep, search: cluster });
  const own = cvms.flatMap((cvm) => {
    const role = roleOf(cvm.name, cluster);
    return role === undefined ? [] : [{ cvm, role }];
  });
  return own.toSorted(
    (a, b) =>
      CVM_ROLES.indexOf(a.role) - CVM_ROLES.indexOf(b.role) || (a.cvm.name < b.cvm.name ? -1 : 1),
  );
}

export function temporaryRunnerIn(cvms: readonly ClusterCvm[]): Cvm | undefined {
  return cvms.find(({ role }) => role === "temporary-runner")?.cvm;
}
