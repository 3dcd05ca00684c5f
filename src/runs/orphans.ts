/**
 * Finds and deletes objects of runs that no longer exist: above all Jobs that our finalizer would keep forever, and agents
 * that still run. Deleting a run leaves nothing behind; this is for runs whose finalizers were removed by hand, or that
 * are missing after etcd was restored from a backup.
 *
 * Workspaces are not orphans: they have no owner, and hold people's work.
 */
import { ownerNameIndex } from "./indexes.js";
import { managedBy, recordedFinalizer, runAnnotations, runLabels } from "./metadata.js";
import type { RunReaders } from "./observe.js";
import { isDeleting, isOnlyHeld, isPodLive } from "./observed.js";
import { periodically } from "../runtime/periodic.js";
import type { AgentRun, RunKind } from "./run.js";
import { ConfigMaps, Jobs, Pods } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { Conflict, NotFound } from "../runtime/client/errors.js";
import {
  objectKey,
  formatKey,
  parseKey,
  type Job,
  type KubernetesObject,
  type ObjectKey,
  type Stored,
} from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { Clock } from "../runtime/clock.js";
import { controllingOwnerOf } from "../runtime/controller/owner.js";
import type { Logger } from "../runtime/logger.js";

export interface OrphansOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Client;
  readonly readers: RunReaders<R>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Seconds between two sweeps; read before each. */
  readonly interval: () => number;
}

/** An object that was made for a run. */
interface RunObject {
  readonly type: ResourceType;
  readonly object: Stored<KubernetesObject>;
  /** UID of the run. */
  readonly owner: string;
}

export class Orphans<R extends AgentRun> {
  readonly name: string;
  readonly #options: OrphansOptions<R>;

  constructor(options: OrphansOptions<R>) {
    this.#options = options;
    this.name = `${options.kind.type.plural}-orphans`;
  }

  /** Sweeps at once and then after each interval, until the signal fires. */
  start(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const { clock, logger, interval } = this.#options;
    const work = (stop: AbortSignal): Promise<void> => this.sweep(stop);
    return periodically({ name, clock, logger, interval: () => interval() * 1000, work }, signal);
  }

  /**
   * Deletes everything whose run no longer exists. An error ends the work for its run only, or one object that cannot be
   * deleted would keep all others; the first one is thrown at the end.
   */
  async sweep(signal: AbortSignal): Promise<void> {
    const { readers } = this.#options;
    const alive = new Set(readers.runs.list().map(({ metadata }) => metadata.uid));
    const suspects = new Map<string, RunObject[]>();
    for (const made of this.#runObjects()) {
      if (alive.has(made.owner)) continue;
      const key = this.#runOf(made.object);
      if (key === undefined) continue;
      const name = formatKey(key);
      suspects.set(name, [...(suspects.get(name) ?? []), made]);
    }
    const failures: unknown[] = [];
    for (const [key, made] of suspects) {
      try {
        await this.#deleteAll(parseKey(key), made, signal);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Deletes the Jobs of former runs of this name; cheap if there are none. Called when a run does not exist. */
  async sweepOf(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { readers } = this.#options;
    const alive = readers.runs.get(key)?.metadata.uid;
    const jobs = readers.jobs
      .byIndex(ownerNameIndex.name, formatKey(key))
      .flatMap((job) => this.#runObject(Jobs, job))
      // a run of another kind may have the same name
      .filter(({ owner, object }) => owner !== alive && this.#runOf(object) !== undefined);
    if (jobs.length > 0) await this.#deleteAll(key, jobs, signal);
  }

  #runObjects(): RunObject[] {
    const { jobs, files, pods } = this.#options.readers;
    return [
      ...jobs.list().flatMap((job) => this.#runObject(Jobs, job)),
      ...files.list().flatMap((map) => this.#runObject(ConfigMaps, map)),
      ...pods.list().flatMap((pod) => (isPodLive(pod) ? this.#runObject(Pods, pod) : [])),
    ];
  }

  #runObject(type: ResourceType, object: Stored<KubernetesObject>): RunObject[] {
    const labels = object.metadata.labels ?? {};
    const owner = labels[runLabels.ownerUID];
    return owner === undefined || labels[runLabels.managedBy] !== managedBy ? [] : [{ type, object, owner }];
  }

  /** Key of its run; undefined if it was made for a run of another kind. */
  #runOf(object: Stored<KubernetesObject>): ObjectKey | undefined {
    const { metadata } = object;
    const { kind } = this.#options.kind.type;
    const namespace = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
    const owner = controllingOwnerOf(object, this.#options.kind.type);
    if (owner !== undefined) return { name: owner.name, ...namespace };
    const name = metadata.annotations?.[runAnnotations.runName];
    return name !== undefined && metadata.annotations?.[runAnnotations.runKind] === kind
      ? { name, ...namespace }
      : undefined;
  }

  /** A cache may lag: only the API server proves that the run is gone. */
  async #deleteAll(key: ObjectKey, made: readonly RunObject[], signal: AbortSignal): Promise<void> {
    const { client, kind, logger } = this.#options;
    const uid = await client.get(kind.type, key, { signal }).then(
      ({ metadata }) => metadata.uid,
      (error: unknown) => {
        // a server that does not serve the kind, as during an upgrade, answers 404 too, but names no object
        if (error instanceof NotFound && error.status.details?.name === key.name) return undefined;
        throw error;
      },
    );
    for (const { type, object, owner } of made) {
      if (owner === uid) continue;
      const { name, namespace } = object.metadata;
      logger.warn(
        { [kind.type.kind.toLowerCase()]: key.name, namespace, kind: type.kind, name },
        `deleting the ${type.kind} of a ${kind.type.kind} that no longer exists`,
      );
      await (type.plural === Jobs.plural ? this.#deleteJob(object, signal) : this.#delete(type, object, signal));
    }
  }

  /** Deletes the pods first; a later sweep removes our finalizer. */
  async #deleteJob(job: Stored<Job>, signal: AbortSignal): Promise<void> {
    if (!isDeleting(job)) return this.#delete(Jobs, job, signal);
    const { uid, resourceVersion, finalizers = [] } = job.metadata;
    if (!isOnlyHeld({ number: 0, job }) || !finalizers.includes(recordedFinalizer)) return;
    const metadata = { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== recordedFinalizer) };
    const patch = { type: "merge", body: { metadata } } as const;
    await this.#unlessGone(this.#options.client.patch(Jobs, objectKey(job), patch, { signal }));
  }

  async #delete(type: ResourceType, object: Stored<KubernetesObject>, signal: AbortSignal): Promise<void> {
    const { uid } = object.metadata;
    // a Job stays until its pods are gone; the others have no dependents
    const propagationPolicy = type.plural === Jobs.plural ? "Foreground" : "Background";
    const options = { propagationPolicy, preconditions: { uid }, signal } as const;
    await this.#unlessGone(this.#options.client.delete(type, objectKey(object), options));
  }

  /** A conflict is not a failure either: a later sweep decides again. */
  async #unlessGone(write: Promise<unknown>): Promise<void> {
    try {
      await write;
    } catch (error) {
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }
}
