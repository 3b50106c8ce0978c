/** `tee-cluster logs`: the log of a CVM of the cluster, through `phala logs`. Reads only. */
import { parseDocument } from "yaml";
import * as z from "zod";
import { command, hint } from "../../core/command-hint.ts";
import { registryName, type Cvm } from "../../core/domain.ts";
import type { LogRequest } from "../../core/ports.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { integer, moment } from "../../inputs/parsers.ts";
import { known } from "../../inputs/values.ts";
import { closest } from "../../lib/closest.ts";
import { findKnownCvms } from "../shared/find-cluster.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { readRecord } from "../../session/cluster-session.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import type { FlagValues } from "../shared/flags.ts";
import { parseOption } from "../shared/parse-option.ts";
import type { LOGS_FLAGS } from "./command.ts";
import type { LogsResult } from "./result.ts";

type Flags = FlagValues<typeof LOGS_FLAGS> & {
  /** A CVM's name, or how it ends; undefined: the registry. */
  readonly argument: string | undefined;
};

/** As both compose files call it. */
const CONTAINER = "spawn-service";

export async function showLogs(run: CommandRun<Flags>): Promise<LogsResult> {
  const { follow, serial, stderr, json, argument: runner, ...flags } = run.flags;
  if (follow && json) throw oneDocumentOnly();
  const tail = parseOption("logs", "--tail", flags.tail ?? "100", integer(1, 100_000));
  const since =
    flags.since === undefined ? undefined : parseOption("logs", "--since", flags.since, moment);
  const prepared = await prepare(run, { asks: false, remember: true });
  const cluster = known(prepared.resolution.values, "clusterName");
  const cvm = await findCvm(cluster, runner, prepared);
  const container = serial ? null : (flags.container ?? (await defaultContainer(cvm, prepared)));
  run.emit({ type: "run-started", command: "logs", headline: `Log of ${cvm.name}` });
  const cvmId = cvm.vmUuid ?? cvm.appId ?? cvm.name;
  const lines = await readLog({ cvmId, container, tail, stderr, since }, follow, prepared);
  const { name, appId } = cvm;
  return {
    ok: true,
    command: "logs",
    cluster,
    cvm: { name, app_id: appId },
    container,
    lines,
    warnings: [],
  };
}

/** The container that publishes a port in the deployed compose file: spawntee's. */
async function defaultContainer(cvm: Cvm, { ports, signal }: Preparation): Promise<string> {
  const found = await ports.api.appCompose(cvm.vmUuid ?? cvm.appId ?? cvm.name, signal);
  const text = found.kind === "present" ? found.value.docker_compose_file : undefined;
  return (text === undefined ? undefined : publishingContainer(text)) ?? CONTAINER;
}

const composeFile = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      container_name: z.string().optional(),
      ports: z.array(z.unknown()).optional(),
    }),
  ),
});

function publishingContainer(text: string): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const parsed = composeFile.safeParse(document.toJS());
  const services = parsed.success ? Object.entries(parsed.data.services) : [];
  const [name, service] = services.find(([, { ports = [] }]) => ports.length > 0) ?? [];
  return service?.container_name ?? name;
}

/** With `--follow` each line is printed as it comes, and the result has none. */
async function readLog(
  request: LogRequest,
  follow: boolean,
  { ports, signal, line }: Preparation,
): Promise<readonly string[]> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  // The output may be closed early: `logs --follow | head`.
  const onLine = (text: string): void => {
    if (!line(text)) ended.abort();
  };
  const outcome = await ports.cli.logs(request, either, follow ? onLine : undefined);
  signal.throwIfAborted();
  if (ended.signal.aborted) return [];
  if (outcome.kind === "ok") return follow ? [] : outcome.value;
  throw new ClusterError("platform", "log-unavailable", {
    message: `phala could not read the log: ${outcome.message}`,
    hint: hint`does the CVM run? ${command("status")}; its console: ${command("logs", "--serial")}`,
  });
}

/** @throws ClusterError `unknown-runner`, `unknown-cluster` (input), naming the existing ones. */
async function findCvm(
  cluster: string,
  runner: string | undefined,
  prepared: Preparation,
): Promise<Cvm> {
  const record = await readRecord(prepared, cluster);
  const own = await findKnownCvms(cluster, record, prepared);
  const cvms = own.map(({ cvm }) => cvm);
  const wanted = runner ?? registryName(cluster);
  const found = own
    .filter(({ cvm: { name, appId, vmUuid }, role }) =>
      runner === undefined ? role === "registry" : [name, appId, vmUuid].includes(wanted),
    )
    .map(({ cvm }) => cvm);
  const ending = cvms.filter(({ name }) => name.endsWith(`-${wanted}`));
  const [only, ...others] = found.length > 0 ? found : ending;
  if (only !== undefined && others.length === 0) return only;
  // CVMs of one name are told apart by uuid.
  const names = cvms.map(({ name, vmUuid }) =>
    cvms.filter((other) => other.name === name).length > 1 ? (vmUuid ?? name) : name,
  );
  const meant = closest(wanted, names);
  throw new ClusterError("input", "unknown-runner", {
    message: `${only === undefined ? "there is no" : "there is more than one"} CVM ${wanted} in cluster ${cluster}; there ${names.length === 0 ? "are none" : `are: ${names.join(", ")}`}`,
    hint:
      meant === undefined
        ? hint`see ${command("status")}`
        : hint`did you mean: ${command("logs", meant)}`,
  });
}

function oneDocumentOnly(): ClusterError {
  return new ClusterError("input", "watch-with-json", {
    message: "--follow runs until Ctrl-C, and --json is one document",
    hint: hint`for scripts: ${command("logs", "--json", "--tail", "1000")}`,
  });
}

export const renderLogs = ({ lines }: LogsResult): readonly string[] => lines;
