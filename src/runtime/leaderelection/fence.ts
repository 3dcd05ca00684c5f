import { LinkedAbort } from "../abort.js";
import type { CallOptions, Client } from "../client/client.js";

/**
 * A client that calls `fence` before each write, and again right before the write is sent: in between it may wait for a
 * connection or for the server's `Retry-After`, or the whole process may be suspended. If `fence` throws, nothing is sent
 * and the call fails with that error. The signal that `fence` returns ends writes in progress. Reads are not fenced.
 */
export function fenced(client: Client, fence: () => AbortSignal): Client {
  const guarded = async <R>(
    options: CallOptions | undefined,
    write: (guards: Required<Pick<CallOptions, "signal" | "beforeSend">>) => Promise<R>,
  ): Promise<R> => {
    const abort = new LinkedAbort(options?.signal, fence());
    try {
      return await write({
        signal: abort.signal,
        beforeSend() {
          options?.beforeSend?.();
          fence();
        },
      });
    } finally {
      abort.unlink();
    }
  };
  return {
    fieldManager: client.fieldManager,
    get: (type, key, options) => client.get(type, key, options),
    list: (type, options) => client.list(type, options),
    listPages: (type, options) => client.listPages(type, options),
    watch: (type, options) => client.watch(type, options),
    create: (type, object, options) =>
      guarded(options, (guards) => client.create(type, object, { ...options, ...guards })),
    update: (type, object, options) =>
      guarded(options, (guards) => client.update(type, object, { ...options, ...guards })),
    apply: (type, object, options) =>
      guarded(options, (guards) => client.apply(type, object, { ...options, ...guards })),
    patch: (type, key, patch, options) =>
      guarded(options, (guards) => client.patch(type, key, patch, { ...options, ...guards })),
    delete: (type, key, options) => guarded(options, (guards) => client.delete(type, key, { ...options, ...guards })),
    raw: (request) =>
      request.method === "GET"
        ? client.raw(request)
        : guarded(request, (guards) => client.raw({ ...request, ...guards })),
  };
}
