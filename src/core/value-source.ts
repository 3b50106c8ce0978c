/** Sources of completion candidates for values that are not a fixed list of words. */
export type ValueSource =
  | "files"
  | "folders"
  /** Recorded on this machine. */
  | "clusters"
  /** As of the last run. */
  | "nodes"
  | "instance-types"
  /** Recorded compose hashes of the cluster. */
  | "hashes"
  /** Of `explain`. */
  | "codes"
  /** Of `doctor`. */
  | "checks";
