/** Which changes of runs become events, and which sinks get them. */
import { cloudEvent, type CloudEvent, type Run } from "./cloud-event.js";
import { Poster, type Outcome } from "./post.js";
import { readSigningKeys } from "./signature.js";
import { Sink } from "./sink.js";
import type { Configuration } from "../configuration/configuration.js";
import { aborted, LinkedAbort } from "../runtime/abort.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { Change } from "../runtime/cache/store.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { Clock, Random } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import type { Logger } from "../runtime/logger.js";
import type { Runnable } from "../runtime/manager/runnable.js";
import { MetricSet } from "../runtime/metrics/metric-set.js";
import type { Registry } from "prom-client";
import { join } from "node:path";

export type { Run } from "./cloud-event.js";

export type SinkSettings = Configuration["cloudEvents"]["sinks"][number];

/** A new leader sends the phases of this long before it again, in milliseconds: its predecessor may not have sent them. */
const overlap = 600_000;

export interface PhaseEventsOptions {
  readonly sinks: () => readonly SinkSettings[];
  /** Whether the runs of a namespace are this operator's. */
  readonly isManaged: (namespace: string) => boolean;
  /** Directory with a file of signing keys for each sink, by its name. */
  readonly keyDirectory: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
}

export class SinkMetrics extends MetricSet {
  readonly events = this.counter(
    "orchestrator_cloud_events_total",
    "CloudEvents by sink: delivered, failed (and tried again), dropped",
    "sink",
    "result",
  );
}

/** A sink that works. */
interface OpenSink {
  settings: SinkSettings;
  readonly sink: Sink;
  readonly stop: LinkedAbort;
}

/** Sends an event for each phase that a run enters, as long as this process leads. */
export class PhaseEvents implements Runnable {
  readonly name = "cloud-events";
  readonly #options: PhaseEventsOptions;
  readonly #metrics: SinkMetrics;
  readonly #runs: Pick<Informer<Run>, "type" | "reader">[] = [];
  readonly #open = new Map<string, OpenSink>();
  readonly #running = new Set<Promise<void>>();
  #leading: AbortSignal | undefined;

  constructor(options: PhaseEventsOptions) {
    this.#options = options;
    this.#metrics = new SinkMetrics(options.registry);
  }

  /** Sends the phases of these runs. */
  watch<R extends Run>(informer: Informer<R>): void {
    this.#runs.push(informer);
    informer.addHandler((change) => this.#changed(informer.type, change));
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#leading = signal;
    this.configurationChanged();
    const since = this.#options.clock.now() - overlap;
    for (const { type, reader } of this.#runs)
      for (const run of reader.list())
        if (Date.parse(run.status?.lastUpdated ?? "") >= since) this.#announce(type, run);
    await aborted(signal);
    this.#leading = undefined;
    await Promise.all(this.#running);
    this.#open.clear();
  }

  /** Opens new sinks and closes removed ones; what waits for a sink that keeps its name is sent by its new settings. */
  configurationChanged(): void {
    if (this.#leading === undefined) return;
    const wanted = new Map(this.#options.sinks().map((settings) => [settings.name, settings]));
    for (const [name, { stop }] of this.#open) {
      if (wanted.has(name)) continue;
      stop.abort(new Error("the sink was removed from the configuration"));
      this.#open.delete(name);
    }
    for (const [name, settings] of wanted) {
      const open = this.#open.get(name);
      if (open === undefined) this.#add(settings, this.#leading);
      else open.settings = settings;
    }
  }

  #add(settings: SinkSettings, leading: AbortSignal): void {
    const { name } = settings;
    const poster = new Poster();
    const stop = new LinkedAbort(leading);
    const result = (result: string) => (): void => this.#metrics.events.inc({ sink: name, result });
    const open: OpenSink = {
      ...{ settings, stop },
      sink: new Sink({
        ...this.#options,
        name,
        send: (event, signal) => this.#send(poster, open.settings, event, signal),
        observer: { delivered: result("delivered"), failed: result("failed"), dropped: result("dropped") },
      }),
    };
    this.#open.set(name, open);
    const running = open.sink.run(stop.signal).finally(() => {
      stop.unlink();
      this.#running.delete(running);
      return poster.close();
    });
    this.#running.add(running);
  }

  async #send(
    poster: Poster,
    { name, url, unsigned }: SinkSettings,
    event: CloudEvent,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { keyDirectory, clock, version } = this.#options;
    try {
      const keys = unsigned === true ? [] : await readSigningKeys(join(keyDirectory, name));
      const userAgent = `agent-orchestrator/${version}`;
      return await poster.post({ url, event, keys, now: clock.now(), userAgent, signal });
    } catch (error) {
      return { kind: "failed", why: errorText(error) };
    }
  }

  #changed(type: ResourceType, change: Change<Run>): void {
    if (this.#leading === undefined || change.type === "deleted") return;
    if (change.type === "updated" && !isNews(change.old, change.object)) return;
    if (change.type === "added" && change.initial) return;
    this.#announce(type, change.object);
  }

  #announce(type: ResourceType, run: Stored<Run>): void {
    const event = cloudEvent(type, run);
    if (event === undefined || !this.#options.isManaged(event.data.namespace)) return;
    for (const { sink, settings } of this.#open.values()) if (wants(settings, event)) sink.add(run.metadata.uid, event);
  }
}

/** Whether a run has entered a phase, also that of another attempt. */
function isNews({ metadata, status: before }: Stored<Run>, { metadata: { uid }, status: after }: Stored<Run>): boolean {
  return metadata.uid !== uid || before?.phase !== after?.phase || (before?.attempts ?? 0) !== (after?.attempts ?? 0);
}

function wants({ kinds, namespaces, phases }: SinkSettings, { data }: CloudEvent): boolean {
  return (
    (kinds === undefined || kinds.some((kind) => kind === data.kind)) &&
    (namespaces === undefined || namespaces.includes(data.namespace)) &&
    (phases === undefined || phases.some((phase) => phase === data.phase))
  );
}
