/** Step 4: wait until the registry answers as a healthy registry. */
import { done, waitLimits, type Step } from "../workflow/step.ts";
import { waitUntil } from "../workflow/wait.ts";
import { pollHealth, whereToLook } from "../registry/health.ts";
import type { Registry } from "../registry/registry.ts";

export const waitForRegistry: Step<{ readonly registry: Registry }, { readonly mode: string }> = {
  id: "wait-for-registry",
  async run({ registry }, context) {
    const health = await waitUntil({
      ...waitLimits(context),
      what: `${registry.url}/health to say healthy`,
      hint: whereToLook(registry),
      onPoll: context.progress,
      look: (signal) => pollHealth(registry, context, signal),
    });
    const mode = health.mode ?? "";
    return done({ mode }, `healthy, mode ${mode}`);
  },
};
