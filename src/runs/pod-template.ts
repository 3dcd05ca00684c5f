/** What the configuration says of pods, put over what a kind makes. Pure. */
import { isolatedSpec } from "./isolation.js";
import type { NamespaceFacts } from "./namespace-facts.js";
import { limitedSpec } from "./pod-limits.js";
import type { PodSpec } from "./pod-spec.js";
import type { Job } from "../runtime/client/objects.js";
import type { Configuration } from "../configuration/configuration.js";
import { isObject } from "../runtime/schema/json.js";

export type PodTemplate = NonNullable<Job["spec"]>["template"];

/**
 * The template with the configuration's labels, annotations, placement, volumes and mounts, and then its `podTemplate`
 * over all; at last isolation by namespace, and limits where none are set. Labels and annotations that the template has
 * already are what the orchestrator finds its pods by: they win.
 */
export function configuredTemplate(
  template: PodTemplate,
  agentContainer: string,
  configuration: Configuration,
  namespace: NamespaceFacts,
): PodTemplate {
  const { agent, podTemplate } = configuration;
  const affinity = { ...nodeAffinity(configuration.nodeAffinity), ...agent.affinity };
  const own = {
    ...(Object.keys(agent.nodeSelector).length > 0 && { nodeSelector: agent.nodeSelector }),
    ...(Object.keys(affinity).length > 0 && { affinity }),
    ...(agent.tolerations.length > 0 && { tolerations: agent.tolerations }),
    ...(agent.volumes.length > 0 && { volumes: agent.volumes }),
    ...(agent.volumeMounts.length > 0 && {
      containers: [{ name: agentContainer, volumeMounts: agent.volumeMounts }],
    }),
  };
  // what an administrator wrote as parts of a pod; the API server says whether it is one
  const merged = strategicMerge(strategicMerge(template.spec, own), podTemplate.spec ?? {}) as PodSpec;
  return {
    metadata: {
      ...template.metadata,
      labels: {
        ...configuration.labels,
        ...configuration.pod.labels,
        ...podTemplate.metadata?.labels,
        ...template.metadata?.labels,
      },
      annotations: {
        ...configuration.annotations,
        ...configuration.pod.annotations,
        ...podTemplate.metadata?.annotations,
        ...template.metadata?.annotations,
      },
    },
    spec: limitedSpec(isolatedSpec(merged, configuration.isolation, namespace), configuration),
  };
}

function nodeAffinity({ enabled, required, key, values }: Configuration["nodeAffinity"]): object {
  if (!enabled || key === undefined || values.length === 0) return {};
  const term = { matchExpressions: [{ key, operator: "In", values }] };
  return {
    nodeAffinity: required
      ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } }
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: term }] },
  };
}

/** The keys by which items of a pod's lists are the same; other lists are replaced. Source: `patchMergeKey` in core/v1. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  volumes: "name",
  imagePullSecrets: "name",
  env: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  ports: "containerPort",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  resourceClaims: "name",
};

/**
 * A strategic merge patch, as far as pods need one: maps are merged, lists of named items item by item, `null` removes,
 * and `$patch: delete` or `replace` do what they say.
 */
export function strategicMerge(under: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const { $patch: directive, ...changes } = patch;
  if (directive === "replace" || !isObject(under)) return withoutDirectives(changes);
  const merged = new Map(Object.entries(under));
  for (const [key, change] of Object.entries(changes)) {
    if (change === null) merged.delete(key);
    else if (Array.isArray(change)) merged.set(key, mergeLists(merged.get(key), change, mergeKeys[key]));
    else merged.set(key, strategicMerge(merged.get(key), change));
  }
  return Object.fromEntries(merged);
}

function mergeLists(under: unknown, changes: readonly unknown[], key: string | undefined): unknown[] {
  if (key === undefined || !Array.isArray(under)) return changes.map(withoutDirectives);
  if (changes.some((each) => isObject(each) && each.$patch === "replace"))
    return changes.filter((each) => !(isObject(each) && each.$patch === "replace"));
  return changes.reduce<unknown[]>((items, change) => {
    const isSame = (item: unknown): boolean => isObject(item) && isObject(change) && item[key] === change[key];
    if (isObject(change) && change.$patch === "delete") return items.filter((item) => !isSame(item));
    return items.some(isSame)
      ? items.map((item) => (isSame(item) ? strategicMerge(item, change) : item))
      : [...items, withoutDirectives(change)];
  }, under);
}

function withoutDirectives(value: unknown): unknown {
  return isObject(value) ? strategicMerge({}, value) : value;
}
