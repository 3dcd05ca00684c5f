import type { BackoffOptions } from "../backoff.js";
import type { Clock, Random } from "../clock.js";
import type { Client } from "../client/client.js";
import type { KubernetesObject, Stored } from "../client/objects.js";
import { resourceName, type ResourceType } from "../client/resource.js";
import type { Logger } from "../logger.js";
import type { IndexFunction, Reader } from "./reader.js";
import { dropManagedFields, Reflector, type ReflectorObserver } from "./reflector.js";
import { Store, type Change } from "./store.js";

/** Told of every change, in order. It must not wait; one that throws is logged and breaks no other. */
export type ChangeHandler<T extends KubernetesObject> = (change: Change<T>) => void;

/** Which objects of a type are cached, and what of them. */
export interface InformerOptions<T extends KubernetesObject> {
  /** Absent: all namespaces. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Keep only metadata. */
  readonly metadataOnly?: boolean;
  /** Changes an object before it is stored; default: drops managedFields. */
  readonly transform?: (object: Stored<T>) => Stored<T>;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  readonly streaming?: boolean;
  readonly silence?: number;
  readonly backoff?: BackoffOptions;
}

/** What an informer shares with all others of its cache. */
export interface InformerDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  /** Deep-freeze what is stored. */
  readonly freeze?: boolean;
}

/** One type's store, the reflectors that fill it, and the handlers that hear of its changes. */
export class Informer<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  readonly #store: Store<T>;
  readonly #reflectors: Reflector<T>[];
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #logger: Logger;
  readonly #transform: (object: Stored<T>) => Stored<T>;
  readonly #synced: Promise<void>;
  #resolveSynced!: () => void;
  #awaited: number;

  constructor(type: ResourceType<T>, options: InformerOptions<T>, dependencies: InformerDependencies) {
    const { namespaces, indexes, ...scope } = options;
    this.#transform = options.transform ?? dropManagedFields;
    this.type = type;
    this.#logger = dependencies.logger;
    this.#store = new Store<T>({ freeze: dependencies.freeze ?? false });
    for (const [name, of] of Object.entries(indexes ?? {})) this.#store.addIndex(name, of);
    this.#synced = new Promise((resolve) => (this.#resolveSynced = resolve));
    const scopes: readonly (string | undefined)[] = namespaces ?? [undefined];
    this.#awaited = scopes.length;
    this.#reflectors = scopes.map((namespace) => {
      let listedBefore = false;
      return new Reflector<T>({
        ...scope,
        ...dependencies,
        type,
        ...(namespace !== undefined && { namespace }),
        sink: {
          put: (object) => {
            for (const change of this.#store.put(object)) this.#tell(change);
          },
          remove: (object) => this.#tell(this.#store.remove(object)),
          progressed: (resourceVersion) => this.#store.progressed(resourceVersion, namespace),
          listed: (keys) => {
            for (const change of this.#store.retain(keys, namespace)) this.#tell(change);
            if (listedBefore) return;
            listedBefore = true;
            if (--this.#awaited === 0) {
              this.#store.markSynced();
              this.#resolveSynced();
            }
          },
        },
      });
    });
  }

  /** The cached objects; the watch's view with this process' own writes over it. */
  get reader(): Reader<T> {
    return this.#store;
  }

  /** For the write-through client. */
  get store(): Store<T> {
    return this.#store;
  }

  /** What every object goes through before it is stored. */
  get transform(): (object: Stored<T>) => Stored<T> {
    return this.#transform;
  }

  /** Adds a handler; what is there already comes to it at once as `added` and `initial`. */
  addHandler(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.#store.list()) this.#call(handler, { type: "added", object, initial: true });
  }

  /** Runs until the signal fires. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Resolves when the first list is complete; rejects with the signal's reason where that comes first. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true });
      void this.#synced.then(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
    });
  }

  #tell(change: Change<T> | undefined): void {
    if (change === undefined) return;
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      const { namespace, name } = change.object.metadata;
      this.#logger.error(
        { err: error, resource: resourceName(this.type), namespace, name, change: change.type },
        "a handler of a cached change failed",
      );
    }
  }
}
