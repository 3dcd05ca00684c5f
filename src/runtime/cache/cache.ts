import type { KubernetesObject } from "../client/objects.js";
import { apiVersionOf, resourceName, type ResourceType } from "../client/resource.js";
import { Informer, type InformerDependencies, type InformerOptions } from "./informer.js";
import type { Reader } from "./reader.js";

/** The informers of one process: one for each version of a type, shared by all who read it or hear of its changes. */
export class Cache {
  readonly #informers = new Map<string, Informer<KubernetesObject>>();
  readonly #dependencies: InformerDependencies;
  #run: AbortSignal | undefined;
  readonly #running: Promise<void>[] = [];

  constructor(dependencies: InformerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The informer of a type; made at the first call, which is the only one that may give options.
   * @throws Error where options come for an informer that exists: two views of one type would surprise both.
   */
  informer<T extends KubernetesObject>(type: ResourceType<T>, options?: InformerOptions<T>): Informer<T> {
    const existing = this.find(type);
    if (existing !== undefined) {
      if (options !== undefined)
        throw new Error(`${resourceName(type)}: the cache has an informer already; give its options once`);
      return existing;
    }
    const informer = new Informer<T>(type, options ?? {}, this.#dependencies);
    this.#informers.set(identityOf(type), informer as unknown as Informer<KubernetesObject>);
    if (this.#run !== undefined) this.#running.push(informer.start(this.#run));
    return informer;
  }

  /** The informer of a type where there is one. */
  find<T extends KubernetesObject>(type: ResourceType<T>): Informer<T> | undefined {
    return this.#informers.get(identityOf(type)) as Informer<T> | undefined;
  }

  /** Reads of a type; makes its informer where there is none. */
  reader<T extends KubernetesObject>(type: ResourceType<T>): Reader<T> {
    return this.informer(type).reader;
  }

  get hasSynced(): boolean {
    return [...this.#informers.values()].every(({ reader }) => reader.hasSynced);
  }

  /** Names of the resources whose first list isn't complete: what a start-up waits for. */
  get unsynced(): string[] {
    return [...this.#informers.values()]
      .filter(({ reader }) => !reader.hasSynced)
      .map(({ type }) => resourceName(type));
  }

  /** Fills all informers, those of today and those made later, until the signal fires. */
  async start(signal: AbortSignal): Promise<void> {
    this.#run = signal;
    for (const informer of this.#informers.values()) this.#running.push(informer.start(signal));
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
    await Promise.all(this.#running);
  }

  async waitForSync(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.waitForSync(signal)));
  }
}

/** Versions are read apart: each has objects of another shape. */
function identityOf(type: ResourceType): string {
  return `${apiVersionOf(type)}/${type.plural}`;
}
