/** The URL paths and queries of API requests. */
import type { ListOptions, WatchOptions, WriteOptions } from "./client.js";
import type { ObjectKey } from "./objects.js";
import type { ResourceType } from "./resource.js";

/** Path of a collection; that of all namespaces if none is given. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return type.namespaced && namespace !== undefined && namespace !== ""
    ? `${root}/namespaces/${segment("namespace", namespace)}/${type.plural}`
    : `${root}/${type.plural}`;
}

/**
 * Path of an object or of one of its subresources.
 * @throws TypeError if the namespace of a namespaced object is missing, or the key holds what no path segment may.
 */
export function objectPath(type: ResourceType, key: ObjectKey, subresource?: string): string {
  if (type.namespaced && (key.namespace === undefined || key.namespace === "")) {
    throw new TypeError(`${type.kind} ${key.name}: a namespace is required`);
  }
  const path = `${collectionPath(type, key.namespace)}/${segment("name", key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** A path segment. An empty one would turn deleting one object into deleting its collection. */
function segment(what: string, text: string): string {
  if (text === "" || text === "." || text === ".." || /[/%]/.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} is not a valid ${what} of an object`);
  }
  return encodeURIComponent(text);
}

/** Path and query of one page of a list. */
export function listPath(type: ResourceType, options: ListOptions | undefined, token: string | undefined): string {
  const query = new URLSearchParams();
  query.set("limit", String(options?.limit ?? 500));
  if (options?.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
  if (options?.fieldSelector !== undefined) query.set("fieldSelector", options.fieldSelector);
  // the API server rejects a resourceVersion together with a continue token
  if (token !== undefined) query.set("continue", token);
  else if (options?.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion);
  return `${collectionPath(type, options?.namespace)}?${query.toString()}`;
}

/** Path and query of a watch. */
export function watchPath(type: ResourceType, options: WatchOptions | undefined): string {
  const query = new URLSearchParams({ watch: "1" });
  if (options?.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
  if (options?.fieldSelector !== undefined) query.set("fieldSelector", options.fieldSelector);
  if (options?.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion);
  if (options?.timeoutSeconds !== undefined) query.set("timeoutSeconds", String(options.timeoutSeconds));
  if (options?.allowWatchBookmarks !== false) query.set("allowWatchBookmarks", "true");
  if (options?.sendInitialEvents === true) {
    query.set("sendInitialEvents", "true");
    query.set("resourceVersionMatch", "NotOlderThan");
  }
  return `${collectionPath(type, options?.namespace)}?${query.toString()}`;
}

/** Query of a write. */
export function writeQuery(
  options: WriteOptions | undefined,
  fieldManager: string,
  more: Record<string, string> = {},
): string {
  const query = new URLSearchParams(more);
  query.set("fieldManager", options?.fieldManager ?? fieldManager);
  if (options?.dryRun === true) query.set("dryRun", "All");
  if (options?.fieldValidation !== undefined) query.set("fieldValidation", options.fieldValidation);
  return `?${query.toString()}`;
}
