/**
 * Finds what was made for runs that are gone, and clears it away: above all Jobs that nobody would free of our finalizer
 * any more, and agents that still work for nobody. A run's own deletion leaves nothing; this is for runs whose
 * finalizers were torn off, or that vanished with a restored etcd.
 *
 * Workspaces are no orphans: they have no owner, and hold somebody's work.
 */
import { isDeleting, isOnlyHeld } from "./history.js";
import { managedBy, runLabels, runAnnotations, ownerNameIndex, recordedFinalizer } from "./metadata.js";
import type { RunReaders } from "./observe.js";
import { isPodLive } from "./observed.js";
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
  /** Seconds between two searches; asked before each. */
  readonly interval: () => number;
}

/** An object made for a run. */
interface Made {
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

  /** Searches at once and then after each interval, until the signal fires. */
  start(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const { clock, logger, interval } = this.#options;
    const work = (stop: AbortSignal): Promise<void> => this.sweep(stop);
    return periodically({ name, clock, logger, interval: () => interval() * 1000, work }, signal);
  }

  /** Clears away everything whose run is gone. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { readers } = this.#options;
    const alive = new Set(readers.runs.list().map(({ metadata }) => metadata.uid));
    const suspects = new Map<string, Made[]>();
    for (const made of this.#made()) {
      if (alive.has(made.owner)) continue;
      const key = this.#runOf(made.object);
      if (key === undefined) continue;
      const name = formatKey(key);
      suspects.set(name, [...(suspects.get(name) ?? []), made]);
    }
    for (const [key, made] of suspects) await this.#clear(parseKey(key), made, signal);
  }

  /** Clears away the Jobs of runs that had this name; cheap where there are none. To be called when a run isn't there. */
  async sweepOf(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { readers } = this.#options;
    const alive = readers.runs.get(key)?.metadata.uid;
    const jobs = readers.jobs
      .byIndex(ownerNameIndex.name, formatKey(key))
      .flatMap((job) => this.#madeOf(Jobs, job))
      // a run of another kind may have the same name
      .filter(({ owner, object }) => owner !== alive && this.#runOf(object) !== undefined);
    if (jobs.length > 0) await this.#clear(key, jobs, signal);
  }

  #made(): Made[] {
    const { jobs, files, pods } = this.#options.readers;
    return [
      ...jobs.list().flatMap((job) => this.#madeOf(Jobs, job)),
      ...files.list().flatMap((map) => this.#madeOf(ConfigMaps, map)),
      ...pods.list().flatMap((pod) => (isPodLive(pod) ? this.#madeOf(Pods, pod) : [])),
    ];
  }

  #madeOf(type: ResourceType, object: Stored<KubernetesObject>): Made[] {
    const labels = object.metadata.labels ?? {};
    const owner = labels[runLabels.ownerUID];
    return owner === undefined || labels[runLabels.managedBy] !== managedBy ? [] : [{ type, object, owner }];
  }

  /** Undefined where it was made for a run of another kind. */
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

  /** A cache may lag: that the run is gone is only believed to the API server itself. */
  async #clear(key: ObjectKey, made: readonly Made[], signal: AbortSignal): Promise<void> {
    const { client, kind, logger } = this.#options;
    const uid = await client.get(kind.type, key, { signal }).then(
      ({ metadata }) => metadata.uid,
      (error: unknown) => {
        // a server that doesn't serve the kind, as in the middle of an upgrade, says 404 too, but names no object
        if (error instanceof NotFound && error.status.details?.name === key.name) return undefined;
        throw error;
      },
    );
    for (const { type, object, owner } of made) {
      if (owner === uid) continue;
      const { name, namespace } = object.metadata;
      logger.warn(
        { [kind.type.kind.toLowerCase()]: key.name, namespace, kind: type.kind, name },
        `${type.kind} of a ${kind.type.kind} that is gone: cleared away`,
      );
      await (type.plural === Jobs.plural ? this.#clearJob(object, signal) : this.#delete(type, object, signal));
    }
  }

  /** First its pods; then, on a later call, our finalizer is taken from what is left. */
  async #clearJob(job: Stored<Job>, signal: AbortSignal): Promise<void> {
    if (!isDeleting(job)) return this.#delete(Jobs, job, signal);
    const { uid, resourceVersion, finalizers = [] } = job.metadata;
    if (!isOnlyHeld({ number: 0, job }) || !finalizers.includes(recordedFinalizer)) return;
    const metadata = { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== recordedFinalizer) };
    const patch = { type: "merge", body: { metadata } } as const;
    await this.#unlessGone(this.#options.client.patch(Jobs, objectKey(job), patch, { signal }));
  }

  async #delete(type: ResourceType, object: Stored<KubernetesObject>, signal: AbortSignal): Promise<void> {
    const { uid } = object.metadata;
    // a Job stays until its pods are gone; the others have nothing that hangs on them
    const propagationPolicy = type.plural === Jobs.plural ? "Foreground" : "Background";
    const options = { propagationPolicy, preconditions: { uid }, signal } as const;
    await this.#unlessGone(this.#options.client.delete(type, objectKey(object), options));
  }

  /** A conflict is no failure either: the change that made it brings the next look. */
  async #unlessGone(write: Promise<unknown>): Promise<void> {
    try {
      await write;
    } catch (error) {
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }
}
