import { defineCommand } from "../shared/command.ts";
import { SANDBOX_FLAGS } from "./flags.ts";

// No --dry-run: whoever gives it must not get a running server.
export const sandboxCommand = defineCommand({
  name: "sandbox",
  summary: "run the local stand-in for Phala Cloud in the foreground",
  inputs: [],
  switches: ["yes"],
  flags: SANDBOX_FLAGS,
  examples: ["sandbox", "sandbox --port 8787 --boot-time 30s"],
  notes: `
Prints the variables to export once it is up, or with --json one document with
them, and serves until Ctrl-C. With --verbose the requests, too.`,
  async run(dependencies, _common, flags) {
    const { sandbox } = await import("./sandbox.ts");
    return sandbox(dependencies, flags);
  },
  async renderer() {
    const { renderSandbox } = await import("./render.ts");
    return renderSandbox;
  },
});
