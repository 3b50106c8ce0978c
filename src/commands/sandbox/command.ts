import { defineCommand } from "../shared/command.ts";
import { SANDBOX_FLAGS } from "./flags.ts";

// No --dry-run: whoever gives it must not get a running server.
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
  async run(dependencies, _common, flags) {
    const { sandbox } = await import("./sandbox.ts");
    return sandbox(dependencies, flags);
  },
  async renderer() {
    const { renderSandbox } = await import("./render.ts");
    return renderSandbox;
  },
});
