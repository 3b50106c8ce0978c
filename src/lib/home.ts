import { userInfo } from "node:os";
import { ClusterError } from "../errors/cluster-error.ts";

/**
 * The user's home folder: `HOME` if set and not empty, else that of the passwd entry.
 * @throws ClusterError `no-home` (prerequisite) if there is neither, as in `docker run -u 54321`.
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

/** Expands a leading `~/`, as a shell does not in quotes, files and variables. */
export function expandHome(text: string): string {
  return text.replace(/^~(?=$|\/)/, () => homeFolder());
}
