/** Addresses behind the gateway: filled in whole or not at all. */
import { describe, expect, test } from "vitest";
import {
  clusterUrlTemplate,
  orchestratorBaseDomain,
  renderGatewayUrl,
} from "../../../src/orchestrator/urls.ts";

const TEMPLATE = "https://{app_id}-{port}.{base_domain}";

const address = {
  appId: "abc",
  port: 9010,
  node: "prod10",
  baseDomain: "dstack-pha-prod10.phala.network",
};

test("the default template", () => {
  expect(renderGatewayUrl(TEMPLATE, address)).toBe(
    "https://abc-9010.dstack-pha-prod10.phala.network",
  );
});

test("a template of one's own, with parts twice or not at all, without a slash at the end", () => {
  expect(renderGatewayUrl("http://127.0.0.1:1/{node}/{app_id}/{node}//", address)).toBe(
    "http://127.0.0.1:1/prod10/abc/prod10",
  );
});

describe.each([
  ["node", { node: "" }],
  ["app_id", { appId: "" }],
  ["port", { port: "" }],
  ["base_domain", { baseDomain: "" }],
])("an empty %s", (name, empty) => {
  test("is refused where the template has it, and no matter where not", () => {
    expect(() => renderGatewayUrl(`https://x/{${name}}`, { ...address, ...empty })).toThrow(
      expect.objectContaining({
        code: "address-incomplete",
        message: `can't fill {${name}} in https://x/{${name}}: Phala's API did not say it`,
        hint: expect.stringMatching(
          /^look at the CVM: phala cvms get NAME --json; choose another template with --gateway-url$/,
        ),
      }),
    );
    expect(renderGatewayUrl("https://x/", { ...address, ...empty })).toBe("https://x");
  });
});

test("a part's own braces and dollars are not filled in again", () => {
  expect(renderGatewayUrl("https://{app_id}.{node}", { ...address, appId: "{node}$&" })).toBe(
    "https://{node}$&.prod10",
  );
});

test("the orchestrator's template and its own way to build an address", () => {
  expect(clusterUrlTemplate(TEMPLATE, address)).toBe(
    "https://abc-<model-port>.dstack-pha-prod10.phala.network",
  );
  expect(orchestratorBaseDomain("prod10")).toBe("dstack-pha-prod10.phala.network");
});
