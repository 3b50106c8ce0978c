/** What a run of the real phala CLI is shut off from, looked at from outside while it waits for an answer. */
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createPhalaCli } from "../../../src/phala/cli.ts";
import type { CreateCvmRequest, PhalaCli } from "../../../src/ports.ts";
import { startSandbox, type Sandbox, type SandboxRequest } from "../../../src/sandbox/index.ts";
import { PHALA_BIN, runPhala } from "../../helpers/phala-bin.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const COMPOSE = fileURLToPath(
  new URL("../../../fixtures/compose/docker-compose.phala.runner.yml", import.meta.url),
);
const SECRET = "wJalr/SECRET+value+of+the+environment";
const KEY_LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOuRqS0k2b0Xc1eRkzP0Tn4E0b1Yx9U2QmJ3sD5fGh7K someone\n";
const linux = process.platform === "linux";

type World = { readonly sandbox: Sandbox; readonly cli: PhalaCli; readonly details: string[] };
type WorldOptions = {
  readonly bin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onRequest?: (request: SandboxRequest) => Promise<void> | void;
  readonly limits?: { readonly queryMs?: number; readonly mutationMs?: number };
};

async function world(options: WorldOptions = {}): Promise<World> {
  const stateDir = path.join(await temporaryFolder(), "cloud");
  const sandbox = await startSandbox({ stateDir, timings: { bootMs: 0 }, onRequest: options.onRequest });
  onTestFinished(() => sandbox.close());
  const details: string[] = [];
  const cli = createPhalaCli({
    bin: options.bin ?? PHALA_BIN,
    apiKey: sandbox.apiKey,
    apiUrl: sandbox.apiUrl,
    env: { PATH: process.env["PATH"], ...options.env },
    onDetail: (line) => details.push(line),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  return { sandbox, cli, details };
}

async function request(name = "other-registry"): Promise<CreateCvmRequest> {
  const composeText = await readFile(COMPOSE, "utf8");
  const environment = [{ name: "REGISTRY_URL", value: SECRET }];
  return { name, instanceType: "tdx.small", composeText, environment };
}

/** A home folder with a public SSH key, which phala would put into the CVM's environment. */
async function homeWithKey(): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(path.join(home, ".ssh"));
  await writeFile(path.join(home, ".ssh", "id_ed25519.pub"), KEY_LINE);
  return home;
}

type Seen = {
  readonly cmdline: string;
  readonly environ: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Octal modes of the working directory (`.`) and of what is in it. */
  readonly modes: Readonly<Record<string, string>>;
  readonly home: readonly string[];
};

/** The child of this process that runs `phala`, as everybody on the machine may look at it. */
async function lookAtChild(): Promise<Seen> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
  for (const pid of children.split(" ").filter(Boolean)) {
    const cmdline = await readFile(`/proc/${pid}/cmdline`, "utf8");
    if (!cmdline.includes("phala")) continue;
    const pairs = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").filter(Boolean);
    const environ = Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
    const cwd = await readlink(`/proc/${pid}/cwd`);
    const names = [".", ...(await readdir(cwd))];
    const modes = await Promise.all(
      names.map(async (name) => [name, ((await stat(path.join(cwd, name))).mode & 0o777).toString(8)]),
    );
    return {
      cmdline,
      environ,
      cwd,
      modes: Object.fromEntries(modes),
      home: await readdir(environ["HOME"] ?? ""),
    };
  }
  throw new Error(`no phala among the children: ${children}`);
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
        NODE_OPTIONS: "--trace-warnings",
        PHALA_CLOUD_API_KEY: "phak_of_somebody_else",
        HOME: await homeWithKey(),
        LANG: "C.UTF-8",
      },
      onRequest: async (what) => {
        if (isProvision(what)) seen.push(await lookAtChild());
      },
    });
    expect(await cli.createCvm(await request(), never)).toMatchObject({ kind: "ok" });

    const [child] = seen;
    if (!child) throw new Error("no request was seen");
    expect(child.cmdline).not.toContain(SECRET);
    expect(child.cmdline).not.toContain(sandbox.apiKey);
    expect(Object.keys(child.environ).toSorted()).toEqual([
      ...["HOME", "LANG", "NO_COLOR", "PATH"],
      ...["PHALA_CLOUD_API_KEY", "PHALA_CLOUD_API_PREFIX", "PHALA_DISABLE_UPDATE_CHECK"],
    ]);
    expect(child.environ["PHALA_CLOUD_API_KEY"]).toBe(sandbox.apiKey);
    expect(child.modes).toEqual({ ".": "700", home: "700", "docker-compose.yml": "600", environment: "600" });
    expect(child.home).not.toContain(".ssh");
    await expect(stat(child.cwd)).rejects.toMatchObject({ code: "ENOENT" });
  },
);

test("an SSH key in ~/.ssh does not get into the compose hash, as it does when phala runs plainly", async () => {
  const home = await homeWithKey();
  const { cli, sandbox } = await world({ env: { HOME: home } });
  const plain = ["deploy", "--name", "plain-runner", "--instance-type", "tdx.small", "--compose", COMPOSE];
  await runPhala([...plain, "-e", "REGISTRY_URL=x", "--json"], sandbox, { env: { HOME: home } });
  await cli.createCvm(await request(), never);
  const { cvms } = await sandbox.cloud();
  const names = cvms.map((cvm) => [cvm.name, cvm.current.appCompose.allowed_envs]);
  expect(Object.fromEntries(names)).toEqual({
    "plain-runner": expect.arrayContaining(["DSTACK_AUTHORIZED_KEYS"]),
    "other-registry": ["REGISTRY_URL"],
  });
});

test("a phala.toml in the working directory does not turn a create into an update of another CVM", async () => {
  const { cli, sandbox } = await world();
  expect(await cli.createCvm(await request("bird-tracker-registry"), never)).toMatchObject({ kind: "ok" });
  const before = (await sandbox.cloud()).cvms[0];
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "phala.toml"), 'name = "bird-tracker-registry"\n');
  const home = process.cwd();
  onTestFinished(() => process.chdir(home));
  process.chdir(folder);
  expect(await cli.createCvm(await request("other-registry"), never)).toMatchObject({ kind: "ok" });
  const { cvms } = await sandbox.cloud();
  expect(cvms.map((cvm) => cvm.name)).toEqual(["bird-tracker-registry", "other-registry"]);
  expect(cvms[0]?.current).toEqual(before?.current);
});

test.runIf(linux)(
  "aborted in the middle of a create: the child is gone, then the outcome is unclear",
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
    const outcome = await cli.createCvm(await request(), stop.signal);
    expect(outcome).toMatchObject({ kind: "unclear", message: expect.stringContaining("interrupted") });
    await expect(lookAtChild()).rejects.toThrow(/no phala/);
    await expect(stat(seen[0]?.cwd ?? "")).rejects.toMatchObject({ code: "ENOENT" });
  },
);

test("aborted queries throw the signal's reason", async () => {
  const stop = new AbortController();
  const { cli } = await world({ onRequest: () => stop.abort(new Error("Ctrl-C")) });
  await expect(cli.login(stop.signal)).rejects.toThrow("Ctrl-C");
  await expect(cli.version(stop.signal)).rejects.toThrow("Ctrl-C");
});

test("a create that takes too long is ended, and unclear", async () => {
  const { cli, sandbox } = await world({ limits: { mutationMs: 3_000 } });
  sandbox.setFaults([{ method: "POST", path: "/cvms$", action: { kind: "hang" } }]);
  const outcome = await cli.createCvm(await request(), never);
  expect(outcome).toMatchObject({ kind: "unclear", message: expect.stringMatching(/longer than 3s/) });
});

async function script(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), "phala");
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}

test("a child that ignores SIGTERM is killed, with what it started", async () => {
  const folder = await temporaryFolder();
  const pids = path.join(folder, "pids");
  const bin = await script(`trap '' TERM\nsleep 60 &\necho $$ $! > ${pids}\nwait\nwait`);
  const { cli } = await world({ bin, limits: { mutationMs: 500 } });
  expect(await cli.deleteCvm("bird", never)).toMatchObject({ kind: "unclear" });
  const started = (await readFile(pids, "utf8")).trim().split(" ").map(Number);
  expect(started).toHaveLength(2);
  await expect.poll(() => started.filter(isRunning), { timeout: 2_000 }).toEqual([]);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a version manager's shim gets the real home, and the SSH key in it stays out all the same", async () => {
  const home = await homeWithKey();
  await writeFile(path.join(home, ".shim-config"), "");
  const bin = await script(`[ -f "$HOME/.shim-config" ] || { echo "shim: no config" >&2; exit 126; }
exec ${PHALA_BIN} "$@"`);
  const { cli, sandbox, details } = await world({ bin, env: { HOME: home } });
  expect(await cli.version(never)).toEqual({ kind: "ok", value: "1.1.18" });
  expect(await cli.createCvm(await request(), never)).toMatchObject({ kind: "ok" });
  const [cvm] = (await sandbox.cloud()).cvms;
  expect(cvm?.current.appCompose.allowed_envs).toEqual(["REGISTRY_URL"]);
  expect(details.join("\n")).toContain("--no-dev-os");
});

test("what is told of a run has neither values nor the folder", async () => {
  const { cli, details, sandbox } = await world();
  await cli.createCvm(await request(), never);
  expect(details.join("\n")).toMatch(/phala deploy --name other-registry/);
  expect(details.join("\n")).not.toContain(SECRET);
  expect(details.join("\n")).not.toContain(sandbox.apiKey);
});

test("a phala.toml does redirect phala when it runs plainly: the danger is real in this version", async () => {
  const { cli, sandbox } = await world();
  await cli.createCvm(await request("bird-tracker-registry"), never);
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "phala.toml"), 'name = "bird-tracker-registry"\n');
  const args = ["deploy", "--name", "other-registry", "--instance-type", "tdx.small", "--compose", COMPOSE];
  await promisify(execFile)(PHALA_BIN, [...args, "-e", "OTHER=1", "--json"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      PHALA_CLOUD_API_KEY: sandbox.apiKey,
      PHALA_CLOUD_API_PREFIX: `${sandbox.apiUrl}/api/v1`,
      PHALA_DISABLE_UPDATE_CHECK: "1",
    },
  });
  const { cvms } = await sandbox.cloud();
  expect(cvms.map((cvm) => cvm.name)).toEqual(["bird-tracker-registry"]);
});
