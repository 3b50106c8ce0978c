import { describe, expect, test } from "vitest";
import type { AnyResult as CommandResult } from "../../../src/core/results.ts";
import type { DestroyResult } from "../../../src/commands/destroy/result.ts";
import type { DoctorResult } from "../../../src/commands/doctor/result.ts";
import type { DryRunResult } from "../../../src/commands/shared/result.ts";
import type { CheckResult } from "../../../src/core/events.ts";
import { FAILURE, INIT, REGISTRY, harness } from "./harness.ts";

function answer(
  result: CommandResult,
  options: Parameters<typeof harness>[0] = {},
): { out: string; err: string } {
  const { reporter, out, err } = harness(options);
  reporter.finish(result);
  return { out: out.text, err: err.text };
}

const DRY_RUN: DryRunResult = {
  ok: true,
  command: "init",
  cluster: "bird-tracker",
  dry_run: true,
  actions: [
    {
      action: "create",
      resource: "CVM bird-tracker-registry",
      detail: "tdx.medium, the platform chooses the node",
    },
    {
      action: "delete",
      resource: "CVM bird-tracker-runner-temp",
      detail:
        "a left-over of an interrupted run, created 2 hours ago on prod10, which would be billed until somebody sees it",
    },
    { action: "none", resource: "orchestrator.yml", detail: "is up to date" },
  ],
  warnings: [],
};

const DOCTOR: DoctorResult = {
  ok: false,
  command: "doctor",
  checks: [
    {
      id: "phala-cli",
      title: "Phala CLI",
      kind: "prerequisite",
      severity: "error",
      status: "passed",
      detail: "1.1.18",
    },
    {
      id: "phala-login",
      title: "Phala login",
      kind: "prerequisite",
      severity: "error",
      status: "failed",
      detail: "the key was not accepted (401)",
      remedy: "export PHALA_API_KEY=<key>   # https://cloud.phala.network/dashboard/tokens",
    },
    {
      id: "credit",
      title: "Credit",
      kind: "prerequisite",
      severity: "warning",
      status: "failed",
      detail: "2.10 USD",
    },
    {
      id: "registry-name",
      title: "Registry name",
      kind: "prerequisite",
      severity: "error",
      status: "skipped",
      detail: "needs a login",
    },
    lint("image-not-pinned", "warning", "failed", "registry.yml runs a:1"),
    lint("privileged", "note", "passed", "a is privileged"),
    lint("images-differ", "warning", "ignored", "a and b"),
  ],
  warnings: [
    { code: "credit", message: "2.10 USD" },
    { code: "compose-lint", message: "registry.yml runs a:1" },
  ],
};

/** One of the several things that one check found. */
function lint(
  finding: string,
  severity: CheckResult["severity"],
  status: CheckResult["status"],
  detail: string,
): CheckResult {
  const remedy = status === "failed" ? "name it by digest" : undefined;
  return {
    id: "compose-lint",
    finding,
    title: "Compose files",
    kind: "prerequisite",
    severity,
    status,
    detail,
    remedy,
  };
}

describe("init", () => {
  test("says what there is now, what took how long and how to go on", () => {
    const { out, err } = answer(INIT);
    expect(err).toBe("");
    expect(out).toMatchInlineSnapshot(`
      "   1  Verify prerequisites           done       1.3s
         2  Collect inputs                 done       2.5s
         3  Deploy registry CVM            reused     3.8s
         4  Wait for the registry          done       5.0s
         5  Deploy temporary runner CVM    done       6.3s
         6  Read the compose hash          done       7.5s
         7  Delete temporary runner CVM    done       8.8s
         8  Approve the compose hash       done      10.0s
         9  Verify the registry            done      11.3s
        10  Write the orchestrator config  done      12.5s
            Total                                   1m 09s

      Cluster bird-tracker is ready.

        Attested  verified
        Approved  3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e
        App ID    0123456789abcdef0123456789abcdef01234567
        URL       https://0123456789abcdef0123456789abcdef01234567-9010.dstack-pha-prod10.phala.network
        Config    orchestrator.yml
        Registry  bird-tracker-registry on prod10
        Price     $0.116 an hour
                  to end that: tee-cluster destroy --cluster-name bird-tracker

      Next:
        model-orchestrator start --configuration-file orchestrator.yml
        tee-cluster status
      "
    `);
  });

  test("keeps within 80 columns but for what cannot be broken", () => {
    const wide = answer(INIT)
      .out.split("\n")
      .filter((line) => line.length > 80);
    expect(wide).toEqual([`  URL       ${REGISTRY.url}`]);
  });

  test("--quiet: the essentials", () => {
    expect(answer(INIT, { quiet: true }).out).toMatchInlineSnapshot(`
      "  Registry  https://0123456789abcdef0123456789abcdef01234567-9010.dstack-pha-prod10.phala.network
        Approved  3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e3f5a9c0e
        Config    orchestrator.yml
      "
    `);
  });

  test("a path with blanks can be pasted", () => {
    const { out } = answer({ ...INIT, orchestrator_config: "it's mine/orchestrator.yml" });
    expect(out).toContain(String.raw`--configuration-file 'it'\''s mine/orchestrator.yml'`);
  });

  test("warnings that nobody has heard yet are said on stderr, the others are not repeated", () => {
    const { reporter, emit, out, err } = harness();
    const heard = { code: "clock", message: "heard before" } as const;
    emit({ type: "warning", warning: heard });
    reporter.finish({ ...INIT, warnings: [heard, { code: "proxy", message: "new" }] });
    expect(err.text).toBe("Warning: heard before\nWarning: new\n");
    expect(out.text).not.toContain("heard");
  });
});

describe("--dry-run", () => {
  test("a table of actions", () => {
    expect(answer(DRY_RUN).out).toMatchInlineSnapshot(`
      "init would do this for cluster bird-tracker:

        create  CVM bird-tracker-registry     tdx.medium, the platform chooses the
                                              node
        delete  CVM bird-tracker-runner-temp  a left-over of an interrupted run,
                                              created 2 hours ago on prod10, which
                                              would be billed until somebody sees it
        leave   orchestrator.yml              is up to date

      This was a dry run: nothing has been changed.
      "
    `);
  });

  test("no action", () => {
    expect(answer({ ...DRY_RUN, actions: [] }).out).toBe(
      "init would change nothing in cluster bird-tracker.\n",
    );
  });
});

describe("doctor", () => {
  test("every check, failures with their remedy", () => {
    const { out, err } = answer(DOCTOR);
    // Its warnings are in the table.
    expect(err).toBe("");
    expect(out).toMatchInlineSnapshot(`
      "  ✔  Phala CLI      1.1.18
        ✖  Phala login    the key was not accepted (401) [phala-login]
           export PHALA_API_KEY=<key>   # https://cloud.phala.network/dashboard/tokens
        !  Credit         2.10 USD [credit]
        –  Registry name  needs a login
        !  Compose files  registry.yml runs a:1 [image-not-pinned]
           name it by digest
        i                 a is privileged
        –                 ignored: a and b

      1 passed, 1 failed, 2 warnings, 1 note, 1 skipped, 1 ignored.
      "
    `);
  });

  test("--quiet: what fails", () => {
    expect(answer(DOCTOR, { quiet: true }).out).toMatchInlineSnapshot(`
      "  ✖  Phala login    the key was not accepted (401) [phala-login]
           export PHALA_API_KEY=<key>   # https://cloud.phala.network/dashboard/tokens
        !  Credit         2.10 USD [credit]
        !  Compose files  registry.yml runs a:1 [image-not-pinned]
           name it by digest
      "
    `);
    expect(
      answer({ ...DOCTOR, ok: true, checks: DOCTOR.checks.slice(0, 1) }, { quiet: true }).out,
    ).toBe("");
  });

  test("the checks are not said twice", () => {
    const { reporter, emit, err } = harness();
    emit({ type: "run-started", command: "doctor", headline: "Checking" });
    for (const check of DOCTOR.checks) emit({ type: "check-finished", check });
    reporter.finish(DOCTOR);
    expect(err.text).toBe("Checking\n");
  });
});

describe("destroy", () => {
  const names = ["bird-tracker-runner-00000001", "bird-tracker-registry"];
  const DESTROYED: DestroyResult = {
    ok: true,
    command: "destroy",
    cluster: "bird-tracker",
    deleted: names.map((name) => ({ name, app_id: "aa", role: "runner" })),
    warnings: [],
  };

  test("what is gone, and what is not", () => {
    expect(answer(DESTROYED).out).toMatchInlineSnapshot(`
      "Cluster bird-tracker is destroyed.

        deleted  bird-tracker-runner-00000001
        deleted  bird-tracker-registry

      No CVM of it is left: it costs nothing now.
      orchestrator.yml, the data on S3 and the record of earlier runs are still there.
      "
    `);
    expect(answer(DESTROYED, { quiet: true }).out).toBe(`${names.join("\n")}\n`);
  });

  test("nothing to do", () => {
    const nothing = { ...DESTROYED, deleted: [] };
    expect(answer(nothing).out).toBe(
      "Nothing to delete: the cluster bird-tracker has no such CVM.\n",
    );
    expect(answer(nothing, { quiet: true }).out).toBe("");
  });
});

describe("a failure", () => {
  test("goes to stderr with what to do and what is left", () => {
    const { out, err } = answer(FAILURE, { quiet: true });
    expect(out).toBe("");
    expect(err).toMatchInlineSnapshot(`
      "Error: the registry did not become healthy within 10m; its last answer was 502 Bad Gateway

      1 CVM is left behind, for $0.116 an hour:
        bird-tracker-runner-temp  may exist  app_id 89abcdef0123456789abcdef0123456789abcdef
        to delete it: tee-cluster destroy --cluster-name bird-tracker --temporary-runner
        phala logs --cvm-id bird-tracker-registry

        Step     [4/10] Wait for the registry
        Code     registry-unhealthy
        Explain  tee-cluster explain registry-unhealthy
      "
    `);
  });

  test("of several left behind: the last ten lines have each with its price, and what to type", () => {
    const [one] = FAILURE.left_behind;
    if (one === undefined) throw new Error("nothing is left behind");
    const registry = { ...one, name: "bird-tracker-registry", may_exist: undefined };
    const { err } = answer({ ...FAILURE, left_behind: [registry, one] });
    expect(err.trimEnd().split("\n").slice(-10).join("\n")).toMatchInlineSnapshot(`
      "
      2 CVMs are left behind, for $0.232 an hour:
        bird-tracker-registry     $0.116/h  app_id 89abcdef
        bird-tracker-runner-temp  may exist  $0.116/h  app_id 89abcdef
        to delete them: tee-cluster destroy --cluster-name bird-tracker --temporary-runner
        phala logs --cvm-id bird-tracker-registry

        Step     [4/10] Wait for the registry
        Code     registry-unhealthy
        Explain  tee-cluster explain registry-unhealthy"
    `);
  });

  test("without hint, step and rest; a list in the message is indented", () => {
    const error = {
      code: "inputs-missing",
      message: "missing:\n--a (A)\n--b (B)",
      hint: null,
      step: null,
    };
    const { err } = answer({ ok: false, command: "init", error, left_behind: [] });
    expect(err).toBe("Error: missing:\n  --a (A)\n  --b (B)\n\n  Code  inputs-missing\n");
  });

  test("can be told after close()", () => {
    const { reporter, err } = harness({ tty: true });
    reporter.close();
    reporter.finish(FAILURE);
    expect(err.text).toContain("destroy --cluster-name bird-tracker --temporary-runner");
  });
});

describe("--json", () => {
  test.each([
    ["success", INIT],
    ["failure", FAILURE],
    ["doctor", DOCTOR],
  ])("%s: one document on stdout, unchanged", (_name, result) => {
    const { out, err } = answer(result, { json: true, tty: true, quiet: true });
    expect(out).toBe(`${JSON.stringify(result, null, 2)}\n`);
    expect(err).toBe("");
  });

  test("progress is lines on stderr", () => {
    const { reporter, emit, out, err } = harness({ json: true, tty: true });
    emit({ type: "step-started", step: "deploy-registry" });
    reporter.finish(INIT);
    expect(err.text).toBe("Deploy registry CVM\n");
    expect(JSON.parse(out.text)).toEqual(INIT);
  });
});
