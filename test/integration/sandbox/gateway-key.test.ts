import { createPrivateKey } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { sandboxGatewayKey } from "../../../src/sandbox/gateway-key.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

test("the coordinator's key is made once, private, however many runs ask at the same time", async () => {
  const folder = path.join(await temporaryFolder(), "sandbox-cloud");
  const umask = process.umask(0);
  const paths = await Promise.all([1, 2, 3].map(() => sandboxGatewayKey(folder))).finally(() =>
    process.umask(umask),
  );
  const file = path.join(folder, "gateway-key.pem");
  expect(paths).toEqual([file, file, file]);
  expect(await readdir(folder)).toEqual(["gateway-key.pem"]);
  expect([(await stat(folder)).mode & 0o777, (await stat(file)).mode & 0o777]).toEqual([
    0o700, 0o600,
  ]);
  const text = await readFile(file, "utf8");
  expect(createPrivateKey(text).asymmetricKeyType).toBe("rsa");
  await sandboxGatewayKey(folder);
  expect(await readFile(file, "utf8")).toBe(text);
});
