/** Isolation and placement of pods by namespace: `isolation` of the configuration. Pure. */
import { appliesTo, type NamespaceFacts } from "./namespace-facts.js";
import type { PodSpec } from "./pod-spec.js";
import type { Configuration } from "../configuration/configuration.js";

/**
 * The pod with every entry that selects its namespace. Entries only add: where two name different values, the first wins, and all
 * of them win over the rest of the configuration.
 */
export function isolatedSpec(spec: PodSpec, isolation: Configuration["isolation"], namespace: NamespaceFacts): PodSpec {
  const entries = isolation.filter(({ namespaces }) => appliesTo(namespaces, namespace));
  if (entries.length === 0) return spec;
  const runtimeClassName = entries.find((entry) => entry.runtimeClassName !== undefined)?.runtimeClassName;
  const selectors = entries.toReversed().map(({ nodeSelector }) => nodeSelector ?? {});
  const nodeSelector = selectors.reduce((under, over) => ({ ...under, ...over }), spec.nodeSelector ?? {});
  const tolerations = [...(spec.tolerations ?? []), ...entries.flatMap((entry) => entry.tolerations ?? [])];
  return {
    ...spec,
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    ...(entries.some(({ hostUsers }) => hostUsers === false) && { hostUsers: false }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
  };
}
