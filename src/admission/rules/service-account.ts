import { nothing, type Rule } from "../context.js";

/** A ServiceAccount that is not there is a warning: it may be on its way, and pods can't start before it comes. */
export const serviceAccount: Rule = {
  id: "service-account",
  check({ view, oldView, namespace, surroundings }) {
    const name = view.serviceAccountName;
    if (name === undefined || name === oldView?.serviceAccountName) return nothing;
    if (surroundings?.serviceAccountExists?.(namespace, name) !== false) return nothing;
    return {
      warnings: [
        `spec.serviceAccountName: there is no ServiceAccount ${JSON.stringify(name)} in namespace ${namespace} yet; the agent can't start without it`,
      ],
    };
  },
};
