/** What a run of the real phala CLI is shut off from, looked at from outside while it waits for an answer. */
import { readFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { CreateCvmRequest, PhalaCli } from "../../../src/core/ports.ts";
import type { Sandbox, SandboxRequest } from "../../../src/sandbox/index.ts";
import { runPhala, warmPhalaBin } from "../../helpers/phala-bin.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { holdTimers } from "../../helpers/timers.ts";
import { childrenOf, NODE_PRELOAD_CHECK } from "./processes.ts";
import { deployment, phala, program, startedSandbox } from "./world.ts";

const COMPOSE = fileURLToPath(
  new URL("../../../fixtures/compose/docker-compose.phala.runner.yml", import.meta.url),
);
const SECRET = "wJalr/SECRET+value+of+the+environment";
const KEY_LINE =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOuRqS0k2b0Xc1eRkzP0Tn4E0b1Yx9U2QmJ3sD5fGh7K someone\n";
const linux = process.platform === "linux";

type World = { readonly sandbox: Sandbox; readonly cli: PhalaCli; readonly details: string[] };
type WorldOptions = {
  readonly bin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onRequest?: (request: SandboxRequest) => Promise<void> | void;
  readonly settleMs?: number;
  readonly limits?: { readonly queryMs?: number; readonly mutationMs?: number };
};

async function world({ env, onRequest, ...more }: WorldOptions = {}): Promise<World> {
  const sandbox = await startedSandbox({ timings: { bootMs: 0 }, onRequest });
  const details: string[] = [];
  const cli = phala(sandbox, {
    ...more,
    env: { PATH: process.env["PATH"], ...env },
    onDetail: (line) => details.push(line),
  });
  return { sandbox, cli, details };
}

const request = (name = "other-registry"): CreateCvmRequest =>
  deployment(name, [{ name: "REGISTRY_URL", value: SECRET }]);

/** A home folder with a public SSH key, which phala would put into the CVM's environment. */
async function homeWithKey(): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(path.join(home, ".ssh"));
  await writeFile(path.join(home, ".ssh", "id_ed25519.pub"), KEY_LINE);
  return home;
}

type Seen = {
  readonly args: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Octal modes of the working directory (`.`) and of what is in it. */
  readonly modes: Readonly<Record<string, string>>;
  readonly home: readonly string[];
};

/** The child of this process that runs `phala`, as everybody on the machine may look at it. */
async function lookAtChild(): Promise<Seen> {
  const child = (await childrenOf(process.pid)).find(({ args }) => args.includes("phala"));
  if (!child) throw new Error("no phala among the children");
  const pairs = child.env.split("\n").filter(Boolean);
  const env = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  const cwd = path.dirname(env["HOME"] ?? "");
  const names = [".", ...(await readdir(cwd))];
  const modes = await Promise.all(
    names.map(async (name) => [
      name,
      ((await stat(path.join(cwd, name))).mode & 0o777).toString(8),
    ]),
  );
  return {
    ...child,
    env,
    cwd,
    modes: Object.fromEntries(modes),
    home: await readdir(env["HOME"] ?? ""),
  };
}

const never = new AbortController().signal;
const isProvision = ({ method, path: where }: SandboxRequest): boolean =>
  method === "POST" && where.endsWith("/cvms/provision");

test.runIf(linux)(
  "no secret in argv, a short environment, files for nobody else, gone afterwards",
  async () => {
    const seen: Seen[] = [];
    const { cli, sandbox } = await world({
      env: {
        AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
        AWS_SECRET_ACCESS_KEY: SECRET,
        AWS_PROFILE: "someone",
        NODE_OPTIONS: NODE_PRELOAD_CHECK,
        PHALA_CLOUD_API_KEY: "phak_of_somebody_else",
        HOME: await homeWithKey(),
        LANG: "C.UTF-8",
        LC_TOKEN: "marked as a secret",
        TEE_CLUSTER_SECRETS: "LC_TOKEN",
      },
      onRequest: async (what) => {
        if (isProvision(what)) seen.push(await lookAtChild());
      },
    });
    expect(await cli.createCvm(request(), never)).toMatchObject({ kind: "ok" });

    const [child] = seen;
    if (!child) throw new Error("no request was seen");
    expect(child.args).not.toContain(SECRET);
    expect(child.args).not.toContain(sandbox.apiKey);
    expect(Object.keys(child.env).toSorted().join(" ")).toBe(
      "HOME LANG NO_COLOR PATH PHALA_API_KEY PHALA_CLOUD_API_KEY PHALA_CLOUD_API_PREFIX PHALA_DISABLE_UPDATE_CHECK",
    );
    // Not the real key, and no other way than the gate.
    expect(JSON.stringify(child.env)).not.toContain(sandbox.apiKey);
    expect(child.env["PHALA_CLOUD_API_KEY"]).toMatch(/^phak_[\w-]{32}$/);
    expect(child.env["PHALA_CLOUD_API_PREFIX"]).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/[\da-f]{32}\/api\/v1$/,
    );
    expect(child.modes).toEqual({
      ".": "700",
      home: "700",
      "docker-compose.yml": "600",
      environment: "600",
    });
    expect(child.home).not.toContain(".ssh");
    await expect(stat(child.cwd)).rejects.toMatchObject({ code: "ENOENT" });
  },
);

test("an SSH key in ~/.ssh does not get into the compose hash, as it does when phala runs plainly; nothing secret is told", async () => {
  const home = await homeWithKey();
  const { cli, details, sandbox } = await world({ bin: warmPhalaBin(), env: { HOME: home } });
  const plain = [
    "deploy",
    "--name",
    "plain-runner",
    "--instance-type",
    "tdx.small",
    "--compose",
    COMPOSE,
  ];
  await runPhala([...plain, "-e", "REGISTRY_URL=x", "--json"], sandbox, { env: { HOME: home } });
  await cli.createCvm(request(), never);
  const { cvms } = await sandbox.cloud();
  const names = cvms.map((cvm) => [cvm.name, cvm.current.appCompose.allowed_envs]);
  expect(Object.fromEntries(names)).toEqual({
    "plain-runner": expect.arrayContaining(["DSTACK_AUTHORIZED_KEYS"]),
    "other-registry": ["REGISTRY_URL"],
  });
  // Neither values nor the folder.
  expect(details.join("\n")).toMatch(/phala deploy --name other-registry/);
  expect(details.join("\n")).not.toContain(SECRET);
  expect(details.join("\n")).not.toContain(sandbox.apiKey);
});

test("a phala.toml in the working directory does not turn a create into an update of another CVM", async () => {
  const { cli, sandbox } = await world({ bin: warmPhalaBin() });
  expect(await cli.createCvm(request("bird-tracker-registry"), never)).toMatchObject({
    kind: "ok",
  });
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "phala.toml"), 'name = "bird-tracker-registry"\n');
  // The danger is real in this version: run plainly, it is redirected.
  const args = [
    "deploy",
    "--name",
    "other-registry",
    "--instance-type",
    "tdx.small",
    "--compose",
    COMPOSE,
  ];
  await promisify(execFile)(warmPhalaBin(), [...args, "-e", "OTHER=1", "--json"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      PHALA_CLOUD_API_KEY: sandbox.apiKey,
      PHALA_CLOUD_API_PREFIX: `${sandbox.apiUrl}/api/v1`,
      PHALA_DISABLE_UPDATE_CHECK: "1",
    },
  });
  const [before, ...others] = (await sandbox.cloud()).cvms;
  expect([before?.name, others]).toEqual(["bird-tracker-registry", []]);
  const home = process.cwd();
  onTestFinished(() => process.chdir(home));
  process.chdir(folder);
  expect(await cli.createCvm(request("other-registry"), never)).toMatchObject({ kind: "ok" });
  const { cvms } = await sandbox.cloud();
  expect(cvms.map((cvm) => cvm.name)).toEqual(["bird-tracker-registry", "other-registry"]);
  expect(cvms[0]?.current).toEqual(before?.current);
});

test.runIf(linux)(
  "aborted before the commit: the child is gone, and nothing was made",
  async () => {
    const stop = new AbortController();
    const seen: Seen[] = [];
    const { cli } = await world({
      onRequest: async (what) => {
        if (!isProvision(what)) return;
        seen.push(await lookAtChild());
        stop.abort(new Error("Ctrl-C"));
        await new Promise((resolve) => setTimeout(resolve, 5_000).unref());
      },
    });
    const outcome = await cli.createCvm(request(), stop.signal);
    expect(outcome).toMatchObject({
      kind: "refused",
      reason: "stopped",
      message: expect.stringContaining("interrupted"),
    });
    await expect(lookAtChild()).rejects.toThrow(/no phala/);
    await expect(stat(seen[0]?.cwd ?? "")).rejects.toMatchObject({ code: "ENOENT" });
  },
);

test("an aborted query throws the signal's reason", async () => {
  const stop = new AbortController();
  const onRequest = (): void => stop.abort(new Error("Ctrl-C"));
  const { cli } = await world({ bin: warmPhalaBin(), onRequest });
  await expect(cli.login(stop.signal)).rejects.toThrow("Ctrl-C");
});

test("a create that takes too long is ended, and unclear", async () => {
  const limit = holdTimers(600_000);
  const { cli, sandbox } = await world({
    bin: warmPhalaBin(),
    limits: { mutationMs: 600_000 },
    settleMs: 500,
    onRequest: ({ method, path: where }) => {
      if (method === "POST" && where.endsWith("/cvms")) limit.runOut();
    },
  });
  sandbox.setFaults([{ method: "POST", path: "/cvms$", action: { kind: "hang" } }]);
  const outcome = await cli.createCvm(request(), never);
  expect(outcome).toMatchObject({
    kind: "unclear",
    committed: true,
    provisioned: { appId: expect.any(String) },
  });
});

test("a child that ignores SIGTERM is killed, with what it started", async () => {
  const folder = await temporaryFolder();
  const pids = path.join(folder, "pids");
  const bin = await program(folder, `trap '' TERM\nsleep 600 &\necho $$ $! > ${pids}\nwait\nwait`);
  const limit = holdTimers(600_000);
  const { cli } = await world({ bin, limits: { mutationMs: 600_000 } });
  const outcome = cli.deleteCvm("bird", never);
  const pidsIn = async (): Promise<string> => readFile(pids, "utf8").catch(() => "");
  await expect.poll(pidsIn).toMatch(/\n$/);
  limit.runOut();
  expect(await outcome).toMatchObject({ kind: "refused", reason: "stopped" });
  const started = (await pidsIn()).trim().split(" ").map(Number);
  expect(started).toHaveLength(2);
  await expect.poll(() => started.filter(isRunning), { timeout: 30_000 }).toEqual([]);
});

/** One that has ended and that nobody has waited for has a number still, and runs no more. */
function isRunning(pid: number): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !line.slice(line.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

test("a version manager's shim gets the real home, and the SSH key in it stays out all the same", async () => {
  const home = await homeWithKey();
  await writeFile(path.join(home, ".shim-config"), "");
  const needsHome = '[ -f "$HOME/.shim-config" ] || { echo "shim: no config" >&2; exit 126; }';
  const bin = await program(await temporaryFolder(), `${needsHome}\nexec ${warmPhalaBin()} "$@"`);
  const { cli, sandbox, details } = await world({ bin, env: { HOME: home } });
  expect(await cli.version(never)).toEqual({ kind: "ok", value: "1.1.18" });
  expect(await cli.createCvm(request(), never)).toMatchObject({ kind: "ok" });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm?.current.appCompose.allowed_envs).toEqual(["REGISTRY_URL"]);
  expect(details.join("\n")).toContain("--no-dev-os");
});
