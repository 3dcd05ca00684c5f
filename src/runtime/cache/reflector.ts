import { LinkedAbort } from "../abort.js";
import { Backoff, type BackoffOptions } from "../backoff.js";
import { sleep, type Clock, type Random, type Timer } from "../clock.js";
import type { Client, WatchEvent } from "../client/client.js";
import { ApiError, BadRequest, Gone, Invalid } from "../client/errors.js";
import { keyOf, type KubernetesObject, type Stored } from "../client/objects.js";
import { readPages } from "../client/paging.js";
import { resourceName, type ResourceType } from "../client/resource.js";
import type { Logger } from "../logger.js";

/** Receives what a reflector sees. */
export interface ReflectorSink<T extends KubernetesObject> {
  /** An object's current state, from a list or from the watch. */
  put(object: Stored<T>): void;
  /** An object was deleted; its last state. */
  remove(object: Stored<T>): void;
  /** A list is complete: in the reflector's scope, only these keys exist. */
  listed(keys: ReadonlySet<string>): void;
  /** Everything up to this version was reported. */
  progressed(resourceVersion: string): void;
}

/** Receives what a reflector does, for metrics. */
export interface ReflectorObserver {
  /** A list is complete. */
  listed(resource: string, seconds: number, items: number): void;
  /** A watch ended; `timeout` is the server's regular end. */
  watchEnded(resource: string, reason: "timeout" | "silence" | "gone" | "error"): void;
}

/** What a reflector observes, and how. */
export interface ReflectorOptions<T extends KubernetesObject> {
  readonly client: Client;
  readonly type: ResourceType<T>;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only apiVersion, kind and metadata. Default false. */
  readonly metadataOnly?: boolean;
  /** Changes each object before it is stored. Default: drops `managedFields`, a quarter of an object's memory. */
  readonly transform?: (object: Stored<T>) => Stored<T>;
  /** Request the list as a stream of events (KEP-3157); use paged lists if the server cannot stream. Default true. */
  readonly streaming?: boolean;
  /**
   * Milliseconds without an event or a bookmark after which a watch counts as dead: nothing else detects a connection
   * that broke silently. Bookmarks come every minute; with less than that, live watches are restarted. Default 75,000.
   */
  readonly silence?: number;
  /** Delays after errors. Default 800 ms, doubling to 30 s, half of it jitter. */
  readonly backoff?: BackoffOptions;
}

/** The watch was silent for longer than the interval of bookmarks. */
class SilenceError extends Error {
  override readonly name = "SilenceError";
}

/** The server cannot stream a list. */
class UnstreamedError extends Error {
  override readonly name = "UnstreamedError";
}

/** After this many silent watches from one version, list again: the server may be at an earlier version. */
const maxSilences = 2;

/**
 * Keeps a sink equal to the API server's collection: it lists, then watches from that version on. When a watch ends, it
 * watches again from the last version seen; it lists again only if that version is too old, or if two watches from it were
 * silent. Every other error leads to a delay and a retry. Only the signal ends it, never an error.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  readonly #resource: string;
  #streaming: boolean;
  /** The version to watch from; undefined: list first. */
  #resourceVersion: string | undefined;
  #silences = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? { initial: 800, max: 30_000 }, options.random);
    this.#resource = resourceName(options.type);
    this.#streaming = options.streaming ?? true;
  }

  /** Runs until the signal fires. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, observer } = this.#options;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const started = clock.monotonic();
      const listing = this.#resourceVersion === undefined;
      let pause = 0;
      try {
        if (listing) await this.#list(signal);
        await this.#watch(signal);
        observer?.watchEnded(this.#resource, "timeout");
        // a server that ends each watch at once must not be called in a tight loop
        if (clock.monotonic() - started < 1000) pause = this.#backoff.next();
      } catch (error) {
        if (stopped()) return;
        if (error instanceof SilenceError) {
          observer?.watchEnded(this.#resource, "silence");
          logger.warn({ resource: this.#resource }, "the watch was silent; restarting it");
          // if etcd was restored from a backup, a watch from a later version than the server's gets no events and no error
          if (++this.#silences >= maxSilences) this.#resourceVersion = undefined;
        } else if (error instanceof Gone) {
          observer?.watchEnded(this.#resource, "gone");
          // the first list after a 410 comes at once; if that fails with 410 too, the next ones back off
          if (listing) pause = this.#backoff.next();
          this.#resourceVersion = undefined;
          logger.info({ resource: this.#resource }, "the watch's version is too old; listing again");
        } else {
          observer?.watchEnded(this.#resource, "error");
          const retryAfter = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
          pause = Math.max(retryAfter, this.#backoff.next());
          logger.warn(
            { resource: this.#resource, err: error, retryIn: Math.round(pause) },
            "list or watch failed; retrying",
          );
        }
      }
      if (pause > 0) await sleep(clock, pause, signal);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const started = this.#options.clock.monotonic();
    if (this.#streaming) {
      try {
        // the streamed list is the beginning of the watch, which continues on the same connection
        await this.#watch(signal, started);
        return;
      } catch (error) {
        if (this.#resourceVersion !== undefined) throw error;
        const refused = error instanceof Invalid || error instanceof BadRequest;
        if (!refused && !(error instanceof UnstreamedError || error instanceof SilenceError)) throw error;
        // fall back to pages now; stream again next time, unless the server rejected the request
        if (refused) this.#streaming = false;
      }
    }
    const { client, type } = this.#options;
    await readPages(
      (limit) => client.listPages(type, { ...this.#scope(), ...(limit !== undefined && { limit }), signal }),
      async (pages) => {
        const keys = new Set<string>();
        let resourceVersion: string | undefined;
        for await (const page of pages) {
          for (const item of page.items) {
            keys.add(keyOf(item));
            this.#put(item);
          }
          resourceVersion = page.metadata.resourceVersion;
        }
        this.#listed(keys, resourceVersion, started);
      },
    );
  }

  #listed(keys: Set<string>, resourceVersion: string | undefined, started: number): void {
    const { sink, clock, observer } = this.#options;
    if (resourceVersion === undefined) throw new Error("a list has no resourceVersion to watch from");
    sink.listed(keys);
    this.#progressed(resourceVersion);
    this.#backoff.reset();
    observer?.listed(this.#resource, (clock.monotonic() - started) / 1000, keys.size);
  }

  #progressed(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#options.sink.progressed(resourceVersion);
  }

  /** Watches until the server ends it. @param listing when a streamed list began; absent for a plain watch. */
  async #watch(signal: AbortSignal, listing?: number): Promise<void> {
    const { client, type, clock, random, silence = 75_000 } = this.#options;
    const watchdog = new Watchdog(clock, silence);
    const stop = new LinkedAbort(signal, watchdog.signal);
    let listed = listing === undefined ? undefined : new Set<string>();
    try {
      const events: AsyncGenerator<WatchEvent<T>> = client.watch(type, {
        ...this.#scope(),
        signal: stop.signal,
        // jitter, so that not all watches of all clients end together
        timeoutSeconds: Math.round(300 * (1 + random())),
        ...(this.#resourceVersion !== undefined && { resourceVersion: this.#resourceVersion }),
        ...(listing !== undefined && { sendInitialEvents: true }),
      });
      for await (const event of events) {
        watchdog.feed();
        this.#silences = 0;
        if (event.type === "BOOKMARK") {
          if (listed !== undefined && listing !== undefined) {
            // the first bookmark of a streamed list ends the list: without that mark, the server ignored sendInitialEvents
            if (!event.initialEventsEnd) {
              this.#streaming = false;
              throw new UnstreamedError("the server does not stream lists");
            }
            this.#listed(listed, event.resourceVersion, listing);
            listed = undefined;
          } else this.#progressed(event.resourceVersion);
          this.#backoff.reset();
          continue;
        }
        if (event.type === "DELETED") {
          this.#options.sink.remove(this.#transformed(event.object));
          listed?.delete(keyOf(event.object));
        } else {
          listed?.add(keyOf(event.object));
          this.#put(event.object);
        }
        if (listed === undefined) {
          this.#progressed(event.object.metadata.resourceVersion);
          this.#backoff.reset();
        }
      }
      if (listed !== undefined) throw new UnstreamedError("the server ended a streamed list before it was complete");
    } finally {
      watchdog.stop();
      stop.unlink();
    }
  }

  #scope(): { namespace?: string; labelSelector?: string; fieldSelector?: string; metadataOnly?: boolean } {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...(metadataOnly === true && { metadataOnly }),
    };
  }

  #put(object: Stored<T>): void {
    this.#options.sink.put(this.#transformed(object));
  }

  #transformed(object: Stored<T>): Stored<T> {
    return (this.#options.transform ?? dropManagedFields)(object);
  }
}

/** The default transform. It changes the object in place: a transform owns the object it gets. */
export function dropManagedFields<T extends KubernetesObject>(object: Stored<T>): Stored<T> {
  delete object.metadata.managedFields;
  return object;
}

/** Fires its signal when it was not fed for a time. */
class Watchdog {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #silence: number;
  #fedAt: number;
  #timer: Timer;

  constructor(clock: Clock, silence: number) {
    this.#clock = clock;
    this.#silence = silence;
    this.#fedAt = clock.monotonic();
    this.#timer = clock.after(silence, () => this.#check());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Cheap, for thousands of events per second: it sets no timer. */
  feed(): void {
    this.#fedAt = this.#clock.monotonic();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #check(): void {
    const left = this.#fedAt + this.#silence - this.#clock.monotonic();
    if (left > 0) this.#timer = this.#clock.after(left, () => this.#check());
    else this.#abort.abort(new SilenceError("no event and no bookmark"));
  }
}
