import type { CallOptions, Client } from "../client/client.js";

/**
 * A client that asks `fence` before each write, and again right before it is sent: in between it may wait for a
 * connection or for the server's `Retry-After`, or the whole process may be stopped. What `fence` throws is the call's
 * failure, and nothing is sent. The signal that it returns ends writes that are under way.
 */
export function fenced(client: Client, fence: () => AbortSignal): Client {
  const guarded = async <R>(
    options: CallOptions | undefined,
    write: (guards: Required<Pick<CallOptions, "signal" | "beforeSend">>) => Promise<R>,
  ): Promise<R> => {
    const tenure = fence();
    const abort = new AbortController();
    const own = options?.signal;
    const onOwn = (): void => abort.abort(own?.reason);
    const onTenure = (): void => abort.abort(tenure.reason);
    if (own?.aborted === true) onOwn();
    own?.addEventListener("abort", onOwn, { once: true });
    tenure.addEventListener("abort", onTenure, { once: true });
    try {
      return await write({
        signal: abort.signal,
        beforeSend() {
          options?.beforeSend?.();
          fence();
        },
      });
    } finally {
      own?.removeEventListener("abort", onOwn);
      tenure.removeEventListener("abort", onTenure);
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
