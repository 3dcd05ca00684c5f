/** Limits for what sets none: no container uses memory, and no volume a node's disk, without bound. Pure. */
import type { PodSpec } from "./pod-spec.js";
import { quantity } from "../api/quantity.js";
import type { Configuration } from "../configuration/configuration.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";

const storage = "ephemeral-storage";
const gibibyte = 2 ** 30;

/**
 * The pod with a sizeLimit for each emptyDir (`agent.scratch`), and limits of memory and ephemeral storage for each container
 * (`containerLimits`), where it has none or 0. What a container requests stays the same.
 *
 * The kubelet evicts a pod that uses more than all its containers' limits together, and counts emptyDirs. So a container gets at
 * least the size of the emptyDirs that it mounts, and without a size for one of them none gets a limit of storage.
 */
export function limitedSpec(spec: PodSpec, { agent, containerLimits }: Configuration): PodSpec {
  const { other, ...own } = agent.scratch;
  const volumes = each(spec.volumes, (volume) => {
    if (!isEmptyDir(volume) || sizeLimit(volume) !== undefined) return volume;
    const size = Object.entries(own).find(([name]) => name === volume.name)?.[1] ?? other;
    return isNone(size) ? volume : { ...volume, emptyDir: { ...objectOf(volume.emptyDir), sizeLimit: size } };
  });
  const sizes = sizesOf(volumes);
  const isBounded = [...sizes.values()].every((size) => size !== undefined);
  const limited = (container: JsonObject): JsonObject => {
    const ofStorage = isBounded ? storageLimit(container, sizes, containerLimits[storage]) : "0";
    return limitedContainer(container, { memory: containerLimits.memory, [storage]: ofStorage });
  };
  const made = {
    ...spec,
    ...(spec.volumes !== undefined && { volumes }),
    ...(spec.initContainers !== undefined && { initContainers: each(spec.initContainers, limited) }),
    containers: each(spec.containers, limited),
  };
  // what an administrator wrote as parts of a pod may be none, which the API server says
  return made as unknown as PodSpec;
}

/** Applies a change to the items that are objects. Anything else stays for the API server to refuse. */
function each(list: unknown, change: (item: JsonObject) => JsonObject): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((item: unknown) => (isObject(item) ? change(item) : item));
}

/** The API server makes an emptyDir of a volume that has no source. */
function isEmptyDir(volume: JsonObject): boolean {
  return isObject(volume.emptyDir) || Object.keys(volume).every((key) => key === "name");
}

function sizeLimit(volume: JsonObject): unknown {
  return objectOf(volume.emptyDir).sizeLimit;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The sizes of the emptyDirs by volume; undefined for one without a limit. */
function sizesOf(volumes: unknown): Map<unknown, number | undefined> {
  const sizes = new Map<unknown, number | undefined>();
  each(volumes, (volume) => {
    const size = sizeLimit(volume);
    if (isEmptyDir(volume)) sizes.set(volume.name, isUnlimited(size) ? undefined : quantity(size));
    return volume;
  });
  return sizes;
}

function storageLimit(container: JsonObject, sizes: Map<unknown, number | undefined>, least: string): string {
  const mounts: readonly unknown[] = Array.isArray(container.volumeMounts) ? container.volumeMounts : [];
  const names = new Set(mounts.map((mount) => objectOf(mount).name));
  const mounted = [...names].reduce<number>((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  if (isNone(least) || mounted <= (quantity(least) ?? 0)) return least;
  return mounted % gibibyte === 0 ? `${mounted / gibibyte}Gi` : String(Math.ceil(mounted));
}

function limitedContainer(container: JsonObject, defaults: Readonly<Record<string, string>>): JsonObject {
  const resources = objectOf(container.resources);
  const limits = objectOf(resources.limits);
  const requests = objectOf(resources.requests);
  const missing = Object.entries(defaults).filter(([name, limit]) => isUnlimited(limits[name]) && !isNone(limit));
  if (missing.length === 0) return container;
  const amounts = (of: (name: string, limit: string) => unknown): JsonObject =>
    Object.fromEntries(missing.map(([name, limit]) => [name, of(name, limit)]));
  return {
    ...container,
    resources: {
      ...resources,
      // without a request of its own, the limit would become the request
      requests: { ...amounts(() => "0"), ...requests },
      limits: { ...limits, ...amounts((name, limit) => larger(requests[name], limit)) },
    },
  };
}

function larger(request: unknown, limit: string): unknown {
  return (quantity(request) ?? 0) > (quantity(limit) ?? Infinity) ? request : limit;
}

function isNone(limit: string): boolean {
  return quantity(limit) === 0;
}

/** Whether a limit or sizeLimit limits nothing: to the kubelet, 0 is no limit. */
export function isUnlimited(limit: unknown): boolean {
  return limit === undefined || quantity(limit) === 0;
}
