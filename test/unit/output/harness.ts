/** A reporter over streams in memory, and the inputs that the reporter tests share. */
import { Writable } from "node:stream";
import { Terminal } from "@xterm/headless";
import type { FailureResult } from "../../../src/core/results.ts";
import type { InitResult } from "../../../src/commands/init/result.ts";
import type { RegistryResult } from "../../../src/commands/shared/result.ts";
import { Redactor } from "../../../src/core/redact.ts";
import { renderResult } from "../../helpers/render.ts";
import { createReporter } from "../../../src/output/create-reporter.ts";
import { InteractiveProgress } from "../../../src/output/interactive.ts";
import type { Reporter, ReporterOptions } from "../../../src/output/reporter.ts";
import type { RunEvent } from "../../../src/core/events.ts";
import { STEPS } from "../../../src/core/steps.ts";

export class MemoryStream extends Writable {
  text = "";
  readonly isTTY: boolean;
  columns: number;
  readonly rows = 24;

  constructor(isTTY: boolean, columns = 80) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

export type Harness = {
  readonly reporter: Reporter;
  readonly out: MemoryStream;
  readonly err: MemoryStream;
  readonly redactor: Redactor;
  readonly emit: (...events: readonly RunEvent[]) => void;
};

type HarnessOptions = Partial<
  Pick<ReporterOptions, "json" | "quiet" | "verbose" | "color" | "environment" | "serialize">
> & {
  readonly tty?: boolean;
  readonly columns?: number;
};

/** `Date.now` itself would not be the one of fake timers that come later. */
const now = (): number => Date.now();

export function harness(options: HarnessOptions = {}): Harness {
  const { tty = false, columns = 80, ...rest } = options;
  const out = new MemoryStream(tty, columns);
  const err = new MemoryStream(tty, columns);
  const redactor = new Redactor();
  const given = {
    json: false,
    quiet: false,
    verbose: false,
    color: true,
    environment: { LANG: "en_US.UTF-8", TERM: "xterm-256color" },
    ...rest,
  };
  const streams = { stdout: out, stderr: err };
  const reporter = createReporter(
    { ...given, ...streams, redactor, render: renderResult, now },
    InteractiveProgress,
  );
  const emit = (...events: readonly RunEvent[]): void => {
    for (const event of events) reporter.emit(event);
  };
  return { reporter, out, err, redactor, emit };
}

/** What a terminal of that size shows after these bytes: its lines, without the empty ones at the end. */
export async function screenOf(bytes: string, columns = 80, rows = 24): Promise<string> {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => {
    terminal.write(bytes, resolve);
  });
  const buffer = terminal.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, index) => {
    return buffer.getLine(index)?.translateToString(true) ?? "";
  });
  terminal.dispose();
  return lines.join("\n").trimEnd();
}

export const HASH = "3f5a9c0e".repeat(8);

export const REGISTRY: RegistryResult = {
  name: "bird-tracker-registry",
  app_id: "0123456789abcdef0123456789abcdef01234567",
  vm_uuid: "00112233445566778899aabbccddeeff",
  url: "https://0123456789abcdef0123456789abcdef01234567-9010.dstack-pha-prod10.phala.network",
  node: "prod10",
  base_domain: "dstack-pha-prod10.phala.network",
  mode: "registry+runner",
};

export const INIT: InitResult = {
  ok: true,
  command: "init",
  changed: true,
  cluster: "bird-tracker",
  registry: REGISTRY,
  runner_compose_hash: HASH,
  approved_compose_hashes: [HASH],
  orchestrator_config: "orchestrator.yml",
  usd_per_hour: 0.116,
  attestation: { result: "verified", checks: [] },
  steps: STEPS.map(({ number, id }) => ({
    number,
    id,
    status: number === 3 ? "reused" : "done",
    duration_ms: number * 1250,
  })),
  warnings: [],
  notes: [],
};

export const FAILURE: FailureResult = {
  ok: false,
  command: "init",
  error: {
    code: "registry-unhealthy",
    explain: "tee-cluster explain registry-unhealthy",
    message: "the registry did not become healthy within 10m; its last answer was 502 Bad Gateway",
    hint: "phala logs --cvm-id bird-tracker-registry",
    step: "wait-for-registry",
  },
  left_behind: [
    {
      name: "bird-tracker-runner-temp",
      app_id: "89abcdef0123456789abcdef0123456789abcdef",
      may_exist: true,
      usd_per_hour: 0.116,
    },
  ],
  clean_up: "tee-cluster destroy --cluster-name bird-tracker --temporary-runner",
};
