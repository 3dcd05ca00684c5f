import type { Client } from "../client/client.js";

/** A client that asks `fence` before each write; what that throws is the call's failure, and nothing is sent. */
export function fenced(client: Client, fence: () => void): Client {
  const guard = <Args extends unknown[], R>(write: (...args: Args) => Promise<R>) => {
    return async (...args: Args): Promise<R> => {
      fence();
      return write(...args);
    };
  };
  return {
    fieldManager: client.fieldManager,
    get: (type, key, options) => client.get(type, key, options),
    list: (type, options) => client.list(type, options),
    listPages: (type, options) => client.listPages(type, options),
    watch: (type, options) => client.watch(type, options),
    create: guard((...args: Parameters<Client["create"]>) => client.create(...args)) as Client["create"],
    update: guard((...args: Parameters<Client["update"]>) => client.update(...args)) as Client["update"],
    apply: guard((...args: Parameters<Client["apply"]>) => client.apply(...args)) as Client["apply"],
    patch: guard((...args: Parameters<Client["patch"]>) => client.patch(...args)) as Client["patch"],
    delete: guard((...args: Parameters<Client["delete"]>) => client.delete(...args)) as Client["delete"],
    raw: async (request) => {
      if (request.method !== "GET") fence();
      return client.raw(request);
    },
  };
}
