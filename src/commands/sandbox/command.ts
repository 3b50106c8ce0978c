import { defineCommand } from "../shared/command.ts";
import { list, option } from "../shared/flags.ts";

export const SANDBOX_FLAGS = {
  port: option("port", "port to listen on (default: the previous one)"),
  bootTime: option("duration", "how long a CVM takes to boot", { default: "1500ms" }),
  updateTime: option("duration", "how long an update takes until the new instance answers", {
    default: "1700ms",
  }),
  fault: list("fault", "a fault from the start; docs/sandbox.md lists them"),
  stateDir: option("dir", "where the cloud is kept", {
    variable: "TEE_CLUSTER_STATE_DIR",
    completes: "folders",
  }),
  lie: list("name", "how the platform lies about what it runs (docs/attestation.md)"),
};

// No --dry-run: it must not start a server.
export const sandboxCommand = defineCommand({
  name: "sandbox",
  summary: "the local stand-in for Phala Cloud: run, start, stop, status, reset",
  page: "sandbox.md",
  inputs: [],
  switches: ["yes"],
  flags: SANDBOX_FLAGS,
  argument: {
    name: "action",
    optional: true,
    text: "start, stop, status or reset; without one it runs in the foreground",
    completes: ["start", "stop", "status", "reset"],
  },
  examples: ["sandbox start", "sandbox stop", "sandbox --port 8787 --boot-time 30s"],
  notes: `
Prints the variables to export once it is up, or with --json one document with
them. In the foreground it serves until Ctrl-C, with --verbose it prints the
requests; start runs it in the background until stop. reset empties its cloud
and forgets its clusters. While one runs, --sandbox (or TEE_CLUSTER_SANDBOX=1)
uses it.`,
  run: async (run) => (await import("./sandbox.ts")).sandbox(run, run.flags),
  renderer: async () => (await import("./render.ts")).renderSandbox,
});
