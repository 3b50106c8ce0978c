/** Step 7: delete the temporary runner, and see that it is gone. */
import { removeCvm } from "../runners/remove-cvm.ts";
import { done, type Step } from "../workflow/step.ts";
import type { TemporaryRunner } from "./deploy-temporary-runner.ts";

export const deleteTemporaryRunner: Step<TemporaryRunner, { readonly deleted: boolean }> = {
  id: "delete-temporary-runner",
  async run(runner, context) {
    const { name, appId } = runner;
    const deleted = await removeCvm(runner, context, context.signal, context.progress);
    // Its replicas have its app_id, which our own creation was given: they cost as much, and serve nobody.
    const replicas = await context.api.listCvms(context.signal, {
      keep: (cvm) => cvm.appId === appId,
      search: name,
    });
    for (const replica of replicas.filter(
      (cvm) => cvm.appId === appId && cvm.status !== "deleting",
    )) {
      context.note(`removing a replica of ${name} (vm_uuid ${replica.vmUuid})`);
      context.mutations.takeOver(replica);
      await removeCvm(replica, context, context.signal, context.progress);
    }
    return done({ deleted }, deleted ? `${name} is gone` : `${name} was gone already`);
  },
};
