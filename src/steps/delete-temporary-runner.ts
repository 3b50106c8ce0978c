/** Step 7: delete the temporary runner, and confirm that it is gone. */
import { removeWithReplicas } from "../runners/remove-cvm.ts";
import { done, type Step } from "../workflow/step.ts";
import type { TemporaryRunner } from "./deploy-temporary-runner.ts";

export const deleteTemporaryRunner: Step<TemporaryRunner, { readonly deleted: boolean }> = {
  id: "delete-temporary-runner",
  async run(runner, context) {
    const { name } = runner;
    const deleted = await removeWithReplicas(runner, context, context.signal, context);
    return done({ deleted }, deleted ? `${name} is gone` : `${name} was gone already`);
  },
};
