import { inputsIn } from "../../inputs/table.ts";
import { defineCommand, type AnyCommand } from "../shared/command.ts";

const INPUTS = ["clusterName", ...inputsIn("connection"), ...inputsIn("attestation")] as const;

const renderer = async () => (await import("./render.ts")).renderTrust;

export const trustCommands: readonly AnyCommand[] = [
  defineCommand({
    name: "trust show",
    summary: "what is trusted: OS images, KMS, Intel's root, pinned scripts",
    page: "attestation.md",
    inputs: ["trustFile"],
    switches: ["config", "dryRun", "yes"],
    flags: {},
    examples: ["trust show", "trust show --json"],
    run: async (run) => (await import("./trust.ts")).showTrust(run),
    renderer,
  }),
  defineCommand({
    name: "trust diff",
    summary: "what runs in the registry and is not trusted; exit 7 if there is anything",
    page: "attestation.md",
    inputs: INPUTS,
    required: ["clusterName"],
    switches: ["config", "sandbox", "dryRun", "yes"],
    flags: {},
    examples: ["trust diff"],
    notOk: "verification",
    run: async (run) => (await import("./trust.ts")).diffTrust(run),
    renderer,
  }),
  defineCommand({
    name: "trust pin",
    summary: "write what runs in the registry into the trust file, after showing it",
    page: "attestation.md",
    inputs: INPUTS,
    required: ["clusterName"],
    switches: ["config", "sandbox", "dryRun", "yes"],
    flags: {},
    examples: ["trust pin --dry-run", "trust pin"],
    notes: `
Only of a registry whose quote, event log and app-compose are genuine. Read the
scripts that it shows before you pin them, and commit the file.`,
    run: async (run) => (await import("./trust.ts")).pinTrust(run),
    renderer,
  }),
];
