/** Step 7: delete the temporary runner, and see that it is gone. */
import { removeCvm } from "../runners/remove-cvm.ts";
import { done, type Step } from "../workflow/step.ts";

export const deleteTemporaryRunner: Step<{ readonly name: string }, { readonly deleted: boolean }> = {
  id: "delete-temporary-runner",
  async run({ name }, context) {
    const deleted = await removeCvm({ name }, context, context.signal, context.progress);
    return done({ deleted }, deleted ? `${name} is gone` : `${name} was gone already`);
  },
};
