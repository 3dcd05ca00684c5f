import { createHash } from "node:crypto";
import type { Client } from "../client/client.js";
import { Events } from "../client/builtin.js";
import { NotFound } from "../client/errors.js";
import type { EventsEvent, KubernetesObject, Stored } from "../client/objects.js";
import { formatMicroTime, sleep, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import type { EventRecorder } from "./recorder.js";

/** Who reports Events, and through which client. */
export interface EventBroadcasterOptions {
  readonly client: Client;
  /** `reportingController`: a qualified name, for example `website-operator`. */
  readonly controller: string;
  /** `reportingInstance`: which of several processes. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
}

/** Milliseconds since the last Event within which an equal one continues its series. */
const seriesWindow = 6 * 60_000;
/** Events that may wait to be written; further ones are dropped, so that a burst cannot exhaust the memory. */
const maxQueued = 1000;
/** Series in memory. */
const maxSeries = 4096;
/** Concurrent writes. Many Events come from many objects, and Events of different objects need no common order. */
const lanes = 8;

interface Series {
  readonly event: Stored<EventsEvent>;
  count: number;
  lastAt: number;
}

/**
 * Writes Events as events.k8s.io/v1 in the background, those of one object in order. An Event that repeats an earlier one
 * about the same object becomes a series on that Event.
 */
export class EventBroadcaster implements EventRecorder {
  readonly #options: EventBroadcasterOptions;
  readonly #series = new Map<string, Series>();
  readonly #tails: Promise<void>[] = Array.from({ length: lanes }, () => Promise.resolve());
  readonly #listeners = new Set<EventRecorder["event"]>();
  #queued = 0;

  constructor(options: EventBroadcasterOptions) {
    this.#options = options;
  }

  /** Calls back with each Event that is recorded, before it is written. Returns the function that removes the callback. */
  subscribe(listener: EventRecorder["event"]): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  event(regarding: KubernetesObject, event: Parameters<EventRecorder["event"]>[1]): void {
    if (this.#queued >= maxQueued) {
      this.#options.metrics?.eventsDroppedTotal.inc();
      return;
    }
    this.#queued++;
    for (const listener of this.#listeners) listener(regarding, event);
    const time = this.#options.clock.now();
    const lane = laneOf(regarding);
    this.#tails[lane] = (this.#tails[lane] ?? Promise.resolve())
      .then(() => this.#write(regarding, event, time))
      .catch((error: unknown) => {
        this.#options.metrics?.eventsDroppedTotal.inc();
        this.#options.logger.warn({ err: error, reason: event.reason }, "cannot write an Event");
      })
      .finally(() => {
        this.#queued--;
      });
  }

  /**
   * Resolves when every Event recorded so far is written or dropped, or after the timeout; writing then continues.
   * @param timeout milliseconds; absent: no limit.
   */
  async flush(timeout?: number): Promise<void> {
    const written = Promise.all(this.#tails);
    if (timeout === undefined) {
      await written;
      return;
    }
    const done = new AbortController();
    await Promise.race([written, sleep(this.#options.clock, timeout, done.signal)]);
    done.abort();
  }

  async #write(regarding: KubernetesObject, event: Parameters<EventRecorder["event"]>[1], now: number): Promise<void> {
    const { client, controller, instance } = this.#options;
    const meta = regarding.metadata ?? {};
    const note = cut(event.note, 1024);
    const object = [regarding.kind, meta.namespace, meta.name, meta.uid];
    const identity = [...object, event.type, event.reason, event.action, note].join("\0");
    const known = this.#series.get(identity);
    if (known !== undefined && now - known.lastAt < seriesWindow) {
      known.count++;
      known.lastAt = now;
      const namespace = known.event.metadata.namespace;
      try {
        await client.patch(
          Events,
          { name: known.event.metadata.name, ...(namespace !== undefined && { namespace }) },
          { type: "merge", body: { series: { count: known.count, lastObservedTime: formatMicroTime(now) } } },
        );
        return;
      } catch (error) {
        // the server deletes Events after an hour: then a new series begins
        if (!(error instanceof NotFound)) throw error;
      }
    }
    const hash = createHash("sha256").update(`${identity}\0${now}`).digest("hex").slice(0, 16);
    const stored = await client.create(Events, {
      metadata: { namespace: meta.namespace ?? "default", name: `${cut(meta.name ?? "unknown", 200)}.${hash}` },
      eventTime: formatMicroTime(now),
      reportingController: controller,
      reportingInstance: cut(instance, 128),
      action: event.action,
      reason: event.reason,
      type: event.type,
      note,
      regarding: {
        ...(regarding.apiVersion !== undefined && { apiVersion: regarding.apiVersion }),
        ...(regarding.kind !== undefined && { kind: regarding.kind }),
        ...(meta.name !== undefined && { name: meta.name }),
        ...(meta.namespace !== undefined && { namespace: meta.namespace }),
        ...(meta.uid !== undefined && { uid: meta.uid }),
        ...(meta.resourceVersion !== undefined && { resourceVersion: meta.resourceVersion }),
      },
    });
    if (this.#series.size >= maxSeries) {
      // a Map iterates in insertion order: delete the oldest
      for (const oldest of this.#series.keys()) {
        this.#series.delete(oldest);
        break;
      }
    }
    this.#series.delete(identity);
    this.#series.set(identity, { event: stored, count: 1, lastAt: now });
  }
}

/** The same for each Event of an object. */
function laneOf({ metadata }: KubernetesObject): number {
  let sum = 0;
  for (const character of metadata?.uid ?? metadata?.name ?? "") sum += character.charCodeAt(0);
  return sum % lanes;
}

/** The text in at most this many bytes of UTF-8, cut between characters. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return `${new TextDecoder().decode(Buffer.from(text).subarray(0, bytes - 4)).replace(/\uFFFD+$/u, "")}…`;
}
