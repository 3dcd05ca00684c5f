/** A client that lists the given objects in pages of the size that is asked for. */
import type { Client } from "#src/runtime/client/client.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";

/** @param byPlural objects of other types, or the error that their list fails with */
export function pagesOf(
  objects: readonly KubernetesObject[],
  byPlural: Readonly<Record<string, readonly KubernetesObject[] | Error>> = {},
): Client {
  const listPages = async function* (type: ResourceType, { limit = 0 }: { limit?: number }) {
    const all = byPlural[type.plural] ?? objects;
    if (all instanceof Error) throw all;
    for (let at = 0; at < all.length; at += limit)
      yield await Promise.resolve({ items: all.slice(at, at + limit), metadata: {} });
  };
  return { listPages } as unknown as Client;
}
