import { unlessAborted } from "../abort.js";
import type { BackoffOptions } from "../backoff.js";
import type { Clock, Random } from "../clock.js";
import type { Client } from "../client/client.js";
import type { KubernetesObject, Stored } from "../client/objects.js";
import { resourceName, type ResourceType } from "../client/resource.js";
import type { Logger } from "../logger.js";
import type { IndexFunction, Reader } from "./reader.js";
import { dropManagedFields, Reflector, type ReflectorObserver } from "./reflector.js";
import { Store, type Change } from "./store.js";

/** Receives every change, in order. It must not block; if it throws, that is logged and other handlers still run. */
export type ChangeHandler<T extends KubernetesObject> = (change: Change<T>) => void;

/** Which objects of a type are cached, and which of their fields. */
export interface InformerOptions<T extends KubernetesObject> {
  /** Absent: all namespaces. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Cache only apiVersion, kind and metadata. Default false. */
  readonly metadataOnly?: boolean;
  /** Changes an object before it is stored. Default: drops managedFields. If it throws, the object is stored unchanged. */
  readonly transform?: (object: Stored<T>) => Stored<T>;
  /** Index functions by name. An object for which one throws is missing from that index. */
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** See {@link ReflectorOptions}. */
  readonly streaming?: boolean;
  /** See {@link ReflectorOptions}. */
  readonly silence?: number;
  /** See {@link ReflectorOptions}. */
  readonly backoff?: BackoffOptions;
}

/** What all informers of a cache share. */
export interface InformerDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  /** Deep-freeze cached objects, so that a test finds code that changes one. Default false. */
  readonly freeze?: boolean;
}

/** One type's store, the reflectors that fill it, and the handlers that receive its changes. */
export class Informer<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  readonly #store: Store<T>;
  readonly #reflectors: Reflector<T>[];
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #logger: Logger;
  readonly #transform: (object: Stored<T>) => Stored<T>;
  readonly #namespaces: ReadonlySet<string> | undefined;
  readonly #synced: Promise<void>;
  #resolveSynced!: () => void;
  #unlisted: number;

  constructor(type: ResourceType<T>, options: InformerOptions<T>, dependencies: InformerDependencies) {
    const { namespaces, indexes, ...scope } = options;
    const { transform = dropManagedFields } = options;
    this.#transform = (object) => this.#guard("a transform of cached objects failed", object, transform, object);
    this.#namespaces = namespaces && new Set(namespaces);
    this.type = type;
    this.#logger = dependencies.logger;
    this.#store = new Store<T>({ freeze: dependencies.freeze ?? false });
    for (const [name, of] of Object.entries(indexes ?? {})) {
      const what = `the index "${name}" failed`;
      this.#store.addIndex(name, (object) => this.#guard(what, object, of, []));
    }
    this.#synced = new Promise((resolve) => (this.#resolveSynced = resolve));
    const scopes: readonly (string | undefined)[] = namespaces ?? [undefined];
    this.#unlisted = scopes.length;
    this.#reflectors = scopes.map((namespace) => {
      let listedBefore = false;
      return new Reflector<T>({
        ...scope,
        ...dependencies,
        transform: this.#transform,
        type,
        ...(namespace !== undefined && { namespace }),
        sink: {
          put: (object) => {
            for (const change of this.#store.put(object)) this.#notify(change);
          },
          remove: (object) => this.#notify(this.#store.remove(object)),
          progressed: (resourceVersion) => {
            for (const change of this.#store.progressed(resourceVersion, namespace)) this.#notify(change);
          },
          listed: (keys) => {
            for (const change of this.#store.retain(keys, namespace)) this.#notify(change);
            if (listedBefore) return;
            listedBefore = true;
            if (--this.#unlisted === 0) {
              this.#store.markSynced();
              this.#resolveSynced();
            }
          },
        },
      });
    });
  }

  /** The cached objects: the watch's view, overlaid with this process' own writes. */
  get reader(): Reader<T> {
    return this.#store;
  }

  /** For the write-through client. */
  get store(): Store<T> {
    return this.#store;
  }

  /** For the write-through client: the response to a write of this process, which the cache may keep and change. */
  assume(object: Stored<T>): void {
    // no watch would ever report changes of an object in another namespace
    if (this.#namespaces?.has(object.metadata.namespace ?? "") === false) return;
    this.#store.assume(this.#transform(object));
  }

  /** Adds a handler; it receives the objects already cached at once, as `added` and `initial`. */
  addHandler(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.#store.list()) this.#call(handler, { type: "added", object, initial: true });
  }

  /** Runs until the signal fires. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Resolves when the first list is complete; rejects with the signal's reason if it fires first. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#synced, signal);
  }

  #notify(change: Change<T> | undefined): void {
    if (change === undefined) return;
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: ChangeHandler<T>, change: Change<T>): void {
    const what = `a handler of a cached change (${change.type}) failed`;
    this.#guard(what, change.object, () => handler(change), undefined);
  }

  /** The result of a function of the program, or `otherwise` if it throws: one bad object must not block the others. */
  #guard<R>(what: string, object: Stored<T>, call: (object: Stored<T>) => R, otherwise: R): R {
    try {
      return call(object);
    } catch (error) {
      const { namespace, name } = object.metadata;
      this.#logger.error({ err: error, resource: resourceName(this.type), namespace, name }, what);
      return otherwise;
    }
  }
}
