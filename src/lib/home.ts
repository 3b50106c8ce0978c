import { userInfo } from "node:os";
import { ClusterError } from "../errors/cluster-error.ts";

/**
 * The user's home folder: `HOME`, where it is not empty, else the passwd entry's.
 * @throws ClusterError `no-home` (prerequisite) where there is neither, as for `docker run -u 54321`.
 */
export function homeFolder(
  env: NodeJS.ProcessEnv = process.env,
  passwdHome = (): string => userInfo().homedir,
): string {
  const home = env["HOME"];
  if (home) return home;
  try {
    return passwdHome();
  } catch (cause) {
    throw new ClusterError("prerequisite", "no-home", {
      message: "there is no home folder: HOME is not set, and this user has no passwd entry",
      hint: "name the folder for the record with --state-dir DIR (or TEE_CLUSTER_STATE_DIR), or set HOME",
      cause,
    });
  }
}

/** A path in which `~/` at the beginning is the home folder: in quotes, a file or a variable no shell expands it. */
export function expandHome(text: string): string {
  return text.replace(/^~(?=$|\/)/, () => homeFolder());
}
