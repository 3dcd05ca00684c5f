import { noFindings, type Rule } from "../context.js";

/** A missing ServiceAccount gives a warning: it may be created later, but pods cannot start without it. */
export const serviceAccount: Rule = {
  id: "service-account",
  check({ view, oldView, namespace, surroundings }) {
    const name = view.serviceAccountName;
    if (name === undefined || name === oldView?.serviceAccountName) return noFindings;
    if (surroundings?.serviceAccountExists?.(namespace, name) !== false) return noFindings;
    return {
      warnings: [
        `spec.serviceAccountName: ServiceAccount ${JSON.stringify(name)} does not exist in namespace ${namespace} yet; the pod cannot start without it`,
      ],
    };
  },
};
