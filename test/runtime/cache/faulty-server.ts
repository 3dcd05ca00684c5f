/** A collection with the API server's semantics of lists and watches, whose transport fails as a test requests. */
import type { Client, ListOptions, WatchEvent, WatchOptions } from "#src/runtime/client/client.js";
import { apiError, ConnectionError, ProtocolError } from "#src/runtime/client/errors.js";
import type { ConfigMap, ObjectList, ObjectMeta, Stored } from "#src/runtime/client/objects.js";

const request = { method: "GET", path: "/api/v1/configmaps" };

type Event = Extract<WatchEvent<ConfigMap>, { object: unknown }> & { readonly version: number };

/** What goes wrong with the next calls. */
export type Fault =
  | "reset"
  | "halfOpen"
  | "goneInStream"
  | "goneAtOpen"
  | "tooManyRequests"
  | "internalError"
  | "malformedLine"
  | "serverEnds"
  | "streamingRefused";

interface OpenWatch {
  readonly push: (item: Event | Fault | "bookmark") => void;
  /** Sends nothing more and reports no error: the other end of a cut cable. */
  dead: boolean;
}

export class FaultyServer {
  readonly objects = new Map<string, Stored<ConfigMap>>();
  /** Every event since the last compaction. */
  #history: Event[] = [];
  #compactedTo = 0;
  #version = 100;
  #uid = 0;
  readonly #watches = new Set<OpenWatch>();
  readonly #faults: Fault[] = [];
  /** The number of requests of each kind. */
  lists = 0;
  watches = 0;
  /** False: an older server, which ignores sendInitialEvents. */
  knowsStreaming = true;

  get openWatches(): number {
    return this.#watches.size;
  }

  write(name: string, data: Record<string, string>, more: Partial<ObjectMeta> = {}): void {
    const previous = this.objects.get(name);
    const version = ++this.#version;
    const object: Stored<ConfigMap> = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        namespace: "ns",
        name,
        uid: previous?.metadata.uid ?? `uid-${++this.#uid}`,
        resourceVersion: String(version),
        ...more,
      },
      data,
    };
    this.objects.set(name, object);
    this.#emit({ type: previous === undefined ? "ADDED" : "MODIFIED", object, version });
  }

  remove(name: string): void {
    const previous = this.objects.get(name);
    if (previous === undefined) return;
    this.objects.delete(name);
    const version = ++this.#version;
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } };
    this.#emit({ type: "DELETED", object, version });
  }

  /** Returns to an earlier state, like an etcd that is restored from a backup. */
  restore(version: number, names: readonly string[]): void {
    for (const name of [...this.objects.keys()]) if (!names.includes(name)) this.objects.delete(name);
    this.#version = version;
    this.#history = this.#history.filter((event) => event.version <= version);
  }

  get version(): number {
    return this.#version;
  }

  /** Drops the history: watches from earlier versions get 410. */
  compact(): void {
    this.#history = [];
    this.#compactedTo = this.#version;
  }

  bookmark(): void {
    for (const watch of this.#watches) if (!watch.dead) watch.push("bookmark");
  }

  /** Breaks open watches or, if the fault concerns calls, the next call. */
  inject(fault: Fault): void {
    if (fault === "halfOpen") for (const watch of this.#watches) watch.dead = true;
    else if (["reset", "goneInStream", "malformedLine", "serverEnds"].includes(fault) && this.#watches.size > 0) {
      for (const watch of [...this.#watches]) watch.push(fault);
    } else this.#faults.push(fault);
  }

  /** The part of a client that a reflector needs. */
  client(): Client {
    const unused = (): never => {
      throw new Error("a reflector only reads");
    };
    const reads = {
      listPages: (_type: unknown, options?: ListOptions) => this.#list(options),
      watch: (_type: unknown, options?: WatchOptions) => this.#watch(options ?? {}),
    };
    return {
      fieldManager: "test",
      ...(reads as unknown as Pick<Client, "listPages" | "watch">),
      get: unused,
      list: unused,
      create: unused,
      update: unused,
      apply: unused,
      patch: unused,
      delete: unused,
      raw: unused,
    };
  }

  async *#list(options?: ListOptions): AsyncGenerator<ObjectList<Stored<ConfigMap>>> {
    this.lists++;
    this.#throwFault();
    const version = String(this.#version);
    const items = structuredClone([...this.objects.values()]);
    const size = options?.limit ?? 3;
    for (let start = 0; start === 0 || start < items.length; start += size) {
      // writes between the pages are not in the list; the watch reports them
      await Promise.resolve();
      yield { items: items.slice(start, start + size), metadata: { resourceVersion: version } };
    }
  }

  async *#watch(options: WatchOptions): AsyncGenerator<WatchEvent<ConfigMap>> {
    this.watches++;
    if (options.sendInitialEvents === true && this.#faults[0] === "streamingRefused") {
      this.#faults.shift();
      throw apiError({ reason: "Invalid", message: "sendInitialEvents is forbidden" }, 422, request);
    }
    this.#throwFault();
    const from = Number(options.resourceVersion ?? this.#version);
    if (options.sendInitialEvents !== true && from < this.#compactedTo) {
      throw apiError({ reason: "Expired", code: 410 }, 410, request);
    }
    const queue: (Event | Fault | "bookmark")[] = [];
    let wake = (): void => undefined;
    const watch: OpenWatch = {
      dead: false,
      push: (item) => {
        if (watch.dead) return;
        // a watch from a later version than the server's gets nothing until the server catches up
        if (item === "bookmark" ? this.#version < from : typeof item !== "string" && item.version <= from) return;
        queue.push(item);
        wake();
      },
    };
    const stop = new Promise<never>((_, reject) => {
      options.signal?.addEventListener("abort", () => reject(options.signal?.reason as Error), { once: true });
    });
    stop.catch(() => undefined);
    try {
      if (options.sendInitialEvents === true) {
        const items = structuredClone([...this.objects.values()]);
        const version = String(this.#version);
        this.#watches.add(watch);
        for (const object of items) {
          await Promise.resolve();
          yield { type: "ADDED", object };
        }
        if (this.knowsStreaming) yield { type: "BOOKMARK", resourceVersion: version, initialEventsEnd: true };
      } else {
        queue.push(...this.#history.filter(({ version }) => version > from));
        this.#watches.add(watch);
      }
      for (;;) {
        const item = queue.shift();
        if (item === undefined) {
          await Promise.race([new Promise<void>((resolve) => (wake = resolve)), stop]);
          continue;
        }
        if (typeof item === "string") {
          if (item === "serverEnds") return;
          if (item === "bookmark") {
            yield { type: "BOOKMARK", resourceVersion: String(this.#version), initialEventsEnd: false };
          } else throw faultError(item);
        } else yield { type: item.type, object: structuredClone(item.object) };
      }
    } finally {
      this.#watches.delete(watch);
    }
  }

  #emit(event: Event): void {
    this.#history.push(event);
    for (const watch of this.#watches) watch.push(event);
  }

  #throwFault(): void {
    const fault = this.#faults.shift();
    if (fault !== undefined && fault !== "serverEnds" && fault !== "halfOpen") throw faultError(fault);
  }
}

function faultError(fault: Fault): Error {
  switch (fault) {
    case "goneInStream":
    case "goneAtOpen":
      return apiError({ reason: "Expired", code: 410 }, 410, request);
    case "tooManyRequests":
      return apiError({ reason: "TooManyRequests", details: { retryAfterSeconds: 7 } }, 429, request);
    case "internalError":
    case "streamingRefused":
      return apiError({ reason: "InternalError" }, 500, request);
    case "malformedLine":
      return new ProtocolError(request, "a line of the watch is not JSON");
    default:
      return new ConnectionError(request, new Error("ECONNRESET"));
  }
}
