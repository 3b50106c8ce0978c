import { defineCommand } from "../shared/command.ts";
import { SHELLS } from "./shells.ts";

export const completionCommand = defineCommand({
  name: "completion",
  summary: "print the shell completion for bash, zsh, fish or powershell",
  page: "completion.md",
  inputs: [],
  switches: ["dryRun", "yes"],
  flags: {},
  argument: { name: "shell", optional: true, text: SHELLS.join(", "), completes: SHELLS },
  examples: [
    "completion bash > ~/.local/share/bash-completion/completions/tee-cluster",
    'completion zsh > "${fpath[1]}/_tee-cluster"',
    "completion fish > ~/.config/fish/completions/tee-cluster.fish",
    "completion powershell >> $PROFILE",
  ],
  notes: `
For this shell only: source <(tee-cluster completion bash). It completes
commands, options and values: clusters, nodes and hashes as this machine has
recorded them, instance types, error codes, files. It needs no key.`,
  verbatim: true,
  run: async ({ flags }) => (await import("./completion.ts")).completion(flags.argument),
  renderer: async () => (await import("./completion.ts")).renderCompletion,
});
