import type { Client } from "../client/client.js";
import type { KubernetesObject, Stored } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";
import { copyJson } from "../schema/json.js";
import type { Cache } from "./cache.js";

/**
 * A client whose writes are visible in the cache before their promise resolves (read-your-writes): the API server's
 * response stands in for the watch until the watch has caught up. Reads through it are live.
 */
export function writeThrough(client: Client, cache: Cache): Client {
  const assume = <T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Stored<T>,
    dryRun?: boolean,
  ): Stored<T> => {
    const informer = dryRun === true ? undefined : cache.find(type);
    // a write that removes the last finalizer of an object in deletion returns its last state, and the object is gone
    if (object.metadata.deletionTimestamp !== undefined && !lingers(object)) {
      informer?.store.assumeDeleted(object);
      return object;
    }
    // a copy: the caller may change the returned object, and cached objects are shared
    informer?.assume(copyJson(object));
    return object;
  };
  return {
    fieldManager: client.fieldManager,
    get: (type, key, options) => client.get(type, key, options),
    list: (type, options) => client.list(type, options),
    listPages: (type, options) => client.listPages(type, options),
    watch: (type, options) => client.watch(type, options),
    raw: (request) => client.raw(request),
    create: async (type, object, options) => {
      const answer = await client.create(type, object, options);
      return isObjectItself(options?.subresource) ? assume(type, answer, options?.dryRun) : answer;
    },
    update: async (type, object, options) => {
      const answer = await client.update(type, object, options);
      return isObjectItself(options?.subresource) ? assume(type, answer, options?.dryRun) : answer;
    },
    apply: async (type, object, options) => {
      const answer = await client.apply(type, object, options);
      return isObjectItself(options?.subresource) ? assume(type, answer, options?.dryRun) : answer;
    },
    patch: async (type, key, patch, options) => {
      const answer = await client.patch(type, key, patch, options);
      return isObjectItself(options?.subresource) ? assume(type, answer, options?.dryRun) : answer;
    },
    delete: async (type, key, options) => {
      const answer = await client.delete(type, key, options);
      if (options?.dryRun === true) return answer;
      if (answer !== undefined) return assume(type, answer);
      const informer = cache.find(type);
      const cached = informer?.reader.get(key);
      const uid = options?.preconditions?.uid;
      if (cached !== undefined && uid === cached.metadata.uid && !lingers(cached))
        informer?.store.assumeDeleted(cached);
      return answer;
    },
  };
}

/** `status` returns the object; other subresources return something else. */
function isObjectItself(subresource: string | undefined): boolean {
  return subresource === undefined || subresource === "status";
}

/** An object with finalizers or a grace period still exists after its deletion was accepted. */
function lingers({ metadata }: KubernetesObject): boolean {
  return (metadata?.finalizers?.length ?? 0) > 0 || (metadata?.deletionGracePeriodSeconds ?? 0) > 0;
}
