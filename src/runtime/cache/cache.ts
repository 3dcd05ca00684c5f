import { aborted } from "../abort.js";
import type { KubernetesObject } from "../client/objects.js";
import { apiVersionOf, resourceName, type ResourceType } from "../client/resource.js";
import { Informer, type InformerDependencies, type InformerOptions } from "./informer.js";
import type { Reader } from "./reader.js";

/** The informers of one process: one for each version of a type, shared by all of its readers and handlers. */
export class Cache {
  readonly #informers = new Map<string, Informer<KubernetesObject>>();
  readonly #dependencies: InformerDependencies;
  #run: AbortSignal | undefined;
  readonly #running: Promise<void>[] = [];

  constructor(dependencies: InformerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The informer of a type, created by the first call; only that call may pass options.
   * @throws Error if options are passed for an informer that exists: two callers would expect different views.
   */
  informer<T extends KubernetesObject>(type: ResourceType<T>, options?: InformerOptions<T>): Informer<T> {
    const existing = this.find(type);
    if (existing !== undefined) {
      if (options !== undefined)
        throw new Error(`${resourceName(type)}: the informer exists already; pass its options in the first call only`);
      return existing;
    }
    const informer = new Informer<T>(type, options ?? {}, this.#dependencies);
    this.#informers.set(keyOfType(type), informer as unknown as Informer<KubernetesObject>);
    if (this.#run !== undefined) this.#running.push(informer.start(this.#run));
    return informer;
  }

  /** The informer of a type; undefined if none was created. */
  find<T extends KubernetesObject>(type: ResourceType<T>): Informer<T> | undefined {
    return this.#informers.get(keyOfType(type)) as Informer<T> | undefined;
  }

  /** The cached objects of a type; creates its informer if none exists. */
  reader<T extends KubernetesObject>(type: ResourceType<T>): Reader<T> {
    return this.informer(type).reader;
  }

  /** True once the first list of every informer is complete. */
  get hasSynced(): boolean {
    return [...this.#informers.values()].every(({ reader }) => reader.hasSynced);
  }

  /** Names of the resources whose first list is not complete: what a start waits for. */
  get unsynced(): string[] {
    return [...this.#informers.values()]
      .filter(({ reader }) => !reader.hasSynced)
      .map(({ type }) => resourceName(type));
  }

  /** Runs all informers, including those created later, until the signal fires. */
  async start(signal: AbortSignal): Promise<void> {
    this.#run = signal;
    for (const informer of this.#informers.values()) this.#running.push(informer.start(signal));
    await aborted(signal);
    await Promise.all(this.#running);
  }

  /** Resolves when the first list of every informer is complete; rejects with the signal's reason if it fires first. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.waitForSync(signal)));
  }
}

/** Includes the version: objects of another version have another shape. */
function keyOfType(type: ResourceType): string {
  return `${apiVersionOf(type)}/${type.plural}`;
}
