import { list, option } from "../shared/flags.ts";

export const SANDBOX_FLAGS = {
  port: option("port", "port to listen on (default: the one of the last time)"),
  bootTime: option("duration", "how long a CVM takes to boot", { default: "1500ms" }),
  updateTime: option("duration", "how long an update takes until the new instance answers", {
    default: "1700ms",
  }),
  fault: list("fault", "a fault to begin with; docs/sandbox.md lists them"),
  stateDir: option("dir", "where the cloud is kept", {
    variable: "TEE_CLUSTER_STATE_DIR",
    completes: "folders",
  }),
  lie: list("name", "how the platform lies about what it runs (docs/attestation.md)"),
};
