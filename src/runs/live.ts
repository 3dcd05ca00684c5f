/** What one reconcile wrote or read live, in place of what the caches have. */
import type { Announcement } from "./announcements.js";
import type { Refusal } from "./observed.js";
import type { AgentRun } from "./run.js";
import type {
  ConfigMap,
  Job,
  KubernetesObject,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  Stored,
} from "../runtime/client/objects.js";

/** Lives as long as the reconcile: the next one has caches that caught up, or does the same again. */
export class Live<R extends AgentRun> {
  /** Of the run that was found. */
  uid: string | undefined;
  run: Stored<R> | undefined;
  runConfirmed = false;
  jobsConfirmed = false;
  readonly jobs = new Overlay<Job>();
  readonly files = new Overlay<ConfigMap>();
  readonly networkPolicies = new Overlay<NetworkPolicy>();
  readonly workspaces = new Overlay<PersistentVolumeClaim>();
  readonly pods = new Overlay<Pod>();
  readonly absentJobs = new Set<string>();
  readonly podsOf = new Set<string>();
  readonly warnings = new Map<string, readonly string[]>();
  expansionRequested = false;
  refusal: Refusal | undefined;
  /** Events to write beside those about the status. */
  readonly announcements: Announcement[] = [];
}

/** Objects that take the place of the cached ones of their UID, and UIDs of objects that are gone. */
export class Overlay<T extends KubernetesObject> {
  readonly #present = new Map<string, Stored<T>>();
  readonly #gone = new Set<string>();

  set(object: Stored<T>): void {
    this.#present.set(object.metadata.uid, object);
  }

  /** The object is gone, even if the cache still has it. */
  remove(uid: string): void {
    this.#present.delete(uid);
    this.#gone.add(uid);
  }

  over(cached: readonly Stored<T>[], belongs: (object: Stored<T>) => boolean): Stored<T>[] {
    const known = new Set(this.#present.keys());
    return [
      ...cached.filter(({ metadata: { uid } }) => !known.has(uid) && !this.#gone.has(uid)),
      ...[...this.#present.values()].filter(belongs),
    ];
  }

  get(cached: Stored<T> | undefined, name: string): Stored<T> | undefined {
    return this.over(cached === undefined ? [] : [cached], ({ metadata }) => metadata.name === name).at(-1);
  }
}
