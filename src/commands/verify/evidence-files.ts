/** Evidence and collateral on disk: as `--save-evidence` writes them, and in other formats. */
import { collateralSchema } from "../../core/attestation-schema.ts";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import type { Collateral, Evidence } from "../../core/attestation.ts";
import { ClusterError, messageOf } from "../../errors/cluster-error.ts";
import { makeFolder } from "../../lib/make-folder.ts";

const logEvent = z.object({
  imr: z.number(),
  event_type: z.number(),
  event: z.string(),
  event_payload: z.string(),
});
const hex = z.string().regex(/^([0-9a-fA-F]{2})+$/);

/** As `--save-evidence` writes it. */
const saved = z.object({
  version: z.literal(1),
  evidence: z
    .array(
      z.object({
        from: z.enum(["api", "cvm", "file"]),
        quote: hex,
        eventLog: z.array(logEvent).optional(),
        appCompose: z.string().optional(),
        certificates: z.string().optional(),
      }),
    )
    .min(1),
});

/** dstack's `GetQuote`, and reports based on it: the event log is JSON within JSON. */
const report = z.object({
  quote: hex,
  event_log: z.union([z.string(), z.array(logEvent)]).optional(),
  app_compose: z.string().optional(),
});

/** Saved evidence, a report in JSON, a quote in hex or in bytes. @throws ClusterError `bad-evidence` (input) */
export async function readEvidence(file: string): Promise<readonly Evidence[]> {
  const bytes = await read(file);
  const text = bytes.toString("utf8").trim();
  if (!text.startsWith("{")) {
    const isHex = /^([0-9a-fA-F]{2})+$/.test(text);
    return [{ from: "file", quote: isHex ? text : bytes.toString("hex") }];
  }
  const value = json(text, file);
  const own = saved.safeParse(value);
  if (own.success) return own.data.evidence;
  const other = report.safeParse(value);
  if (!other.success) throw bad(file, "it holds no quote");
  const { quote, event_log: log, app_compose: appCompose } = other.data;
  const events = typeof log === "string" ? z.array(logEvent).safeParse(json(log, file)).data : log;
  return [{ from: "file", quote, eventLog: events, appCompose }];
}

/** @throws ClusterError `bad-evidence` (input) */
export async function readCollateral(file: string): Promise<Collateral> {
  const parsed = collateralSchema.safeParse(json((await read(file)).toString("utf8"), file));
  if (parsed.success) return parsed.data;
  throw bad(file, `it is not collateral: ${parsed.error.issues[0]?.path.join(".")} is missing`);
}

/** @returns the files written */
export async function saveEvidence(
  folder: string,
  evidence: readonly Evidence[],
  collateral: Collateral | undefined,
): Promise<readonly string[]> {
  const files: [string, unknown][] = [
    [path.join(folder, "evidence.json"), { version: 1, evidence }],
  ];
  if (collateral) files.push([path.join(folder, "collateral.json"), collateral]);
  try {
    makeFolder(folder);
    for (const [file, value] of files) await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw new ClusterError("prerequisite", "evidence-unwritable", {
      message: `can't write evidence to ${folder}: ${messageOf(error)}`,
      hint: "choose another folder with --save-evidence",
    });
  }
  return files.map(([file]) => file);
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw bad(file, messageOf(error));
  }
}

function json(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad(file, "it is not JSON");
  }
}

function bad(file: string, reason: string): ClusterError {
  return new ClusterError("input", "bad-evidence", {
    message: `can't use ${file}: ${reason}`,
    hint: "see docs/attestation.md for the forms that --evidence and --collateral take",
  });
}
