/** What a shell may offer for a value on TAB, where it is not one of a few fixed words. */
export type ValueSource =
  | "files"
  | "folders"
  /** Clusters that this machine has a record of. */
  | "clusters"
  /** Nodes that the last run saw. */
  | "nodes"
  | "instance-types"
  /** Compose hashes that are recorded of the cluster. */
  | "hashes"
  /** What `explain` knows. */
  | "codes"
  /** What `doctor` looks for. */
  | "checks";
