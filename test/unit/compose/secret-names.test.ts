import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { holdsSecret } from "../../../src/compose/environment.ts";

test.each([
  "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI",
  "      - DB_PASSWORD: hunter2",
  "API_TOKEN: ${API_TOKEN:-tok_1}",
  "# an old one: AKIAIOSFODNN7EXAMPLE",
  "url: https://user:pass@example.com/",
])("a secret is in: %s", (line) => {
  expect(holdsSecret(`services:\n${line}\n`)).toBe(true);
});

test.each([
  "AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}",
  "API_TOKEN: ${API_TOKEN:-} # from the environment",
  'DB_PASSWORD: ""',
  "TOKEN_FILE: /run/token",
  "LOG_LEVEL: INFO",
])("none is in: %s", (line) => {
  expect(holdsSecret(`services:\n${line}\n`)).toBe(false);
});

test.each(["registry", "runner"])("none is in the %s file that is shipped", (role) => {
  const file = `fixtures/compose/docker-compose.phala.${role}.yml`;
  expect(holdsSecret(readFileSync(file, "utf8"))).toBe(false);
});
