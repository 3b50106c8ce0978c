import { test } from "vitest";
import { makeWorld } from "../helpers/program.ts";
import { startInTerminal, KEYS } from "../helpers/terminal.ts";
test("try", async () => {
  const world = await makeWorld();
  const t = startInTerminal(world, ["init"], {
    TEE_CLUSTER_NAME: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_ACCESS_KEY_ID: undefined,
  });
  await t.answer("cluster name", "Bad_Name", KEYS.enter);
  await new Promise((r) => setTimeout(r, 500));
  t.type(KEYS.eraseLine, "bird-tracker", KEYS.enter);
  await t.answer("access key id", "AKIACANARY0EXAMPLE00", KEYS.enter);
  await t.answer(/\? aws secret/, "wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzzzzz", KEYS.enter);
  await t.answer(/\? aws region/, KEYS.enter);
  console.log(await t.answer(/\? instance type/, KEYS.enter));
  console.log(await t.answer(/\? node/, KEYS.enter));
  await t.answer(/\? memory per model/, KEYS.enter);
  console.log(await t.answer(/What now/, KEYS.enter));
  console.log(await t.exit, t.screen());
});
