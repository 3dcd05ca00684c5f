/** Applies the contents of a ConfigMap whenever it changes, and reports the result. */
import { isDeepStrictEqual } from "node:util";
import { Counter, Gauge, type Registry } from "prom-client";
import { aborted } from "../abort.js";
import type { EventRecorder } from "../events/recorder.js";
import type { Informer } from "../cache/informer.js";
import type { ConfigMap, Stored } from "../client/objects.js";
import type { Logger } from "../logger.js";
import type { Runnable } from "../manager/runnable.js";

/** Where changes come from and where results go. */
export interface ReloadDependencies {
  /** Caches just the one ConfigMap. */
  readonly informer: Informer<ConfigMap>;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly events: EventRecorder;
}

/** How the results of reloads are named. */
export interface ReloadOptions extends ReloadDependencies {
  /** Names the contents in messages, for example `configuration`. */
  readonly subject: string;
  /** Precedes `_last_reload_successful` and `_reloads_total`. */
  readonly metricPrefix: string;
  /** The reason of the Event on a rejected ConfigMap, in CamelCase. */
  readonly reason: string;
  /** The only key whose changes matter. Absent: all of them. */
  readonly key?: string;
}

/** The result of an update. */
export interface Reloaded {
  /** False if the contents have errors; the previous contents then stay in effect. */
  readonly accepted: boolean;
  /** The errors, or warnings if it was accepted; one line each. */
  readonly problems: readonly string[];
  /** What applies after a rejection, as a clause. Default: the last valid contents stay in effect. */
  readonly inEffect?: string;
}

/**
 * Passes each change of a ConfigMap to `update`: its data, or `undefined` when it is deleted, and the ConfigMap. A rejection
 * is reported by a log line and the metric `<prefix>_last_reload_successful` of every process, and by one Event on the
 * ConfigMap.
 *
 * @returns writes the Event: add it to the group `leader`, so that only one process does. A rejection from before it was
 * started is reported when it starts.
 */
export function watchReloads(
  { informer, logger, registry, events, subject, metricPrefix, reason, key }: ReloadOptions,
  update: (data: ConfigMap["data"], configMap: Stored<ConfigMap>) => Reloaded,
): Runnable {
  const { successful, reloads } = reloadMetrics(registry, { metricPrefix, subject });
  const part = (data: ConfigMap["data"] = {}): unknown => (key === undefined ? data : data[key]);
  const reporter = new RejectionReporter(`rejected ${subject}`, ({ configMap, problems, inEffect }) => {
    const note = `The ${subject} has errors, and ${inEffect}: ${problems.join("; ")}`;
    events.event(configMap, { type: "Warning", reason, action: "Reload", note });
  });
  successful.set(1);
  informer.addHandler((change) => {
    const data = change.type === "deleted" ? undefined : (change.object.data ?? {});
    if (change.type === "updated" && isDeepStrictEqual(part(change.old.data), part(data))) return;
    const { accepted, problems, inEffect = "the last valid one stays in effect" } = update(data, change.object);
    successful.set(accepted ? 1 : 0);
    reloads.inc({ result: accepted ? "accepted" : "refused" });
    const fields = { configMap: change.object.metadata.name, problems };
    if (accepted) logger.info(fields, `the ${subject} is in effect`);
    else logger.error(fields, `the ${subject} has errors; ${inEffect}`);
    reporter.record(accepted ? undefined : { configMap: change.object, problems, inEffect });
  });
  return reporter;
}

/** The metrics of the reloads of one subject. @throws Error if the registry has them */
export function reloadMetrics(
  registry: Registry,
  { metricPrefix, subject }: Pick<ReloadOptions, "metricPrefix" | "subject">,
): { readonly successful: Gauge; readonly reloads: Counter<"result"> } {
  const registers = [registry];
  const successful = new Gauge({
    name: `${metricPrefix}_last_reload_successful`,
    help: `1 if the newest ${subject} is in effect, 0 if it has errors and the last valid one stays in effect`,
    registers,
  });
  const reloads = new Counter({
    name: `${metricPrefix}_reloads_total`,
    help: `Total number of reloads of the ${subject}, by result`,
    labelNames: ["result"] as const,
    registers,
  });
  return { successful, reloads };
}

interface Rejection {
  readonly configMap: Stored<ConfigMap>;
  readonly problems: readonly string[];
  readonly inEffect: string;
}

/** Reports the newest rejection once, while it is started. */
class RejectionReporter implements Runnable {
  #isStarted = false;
  #unreported: Rejection | undefined;

  constructor(
    readonly name: string,
    readonly report: (rejection: Rejection) => void,
  ) {}

  /** @param rejection undefined: the newest contents are in effect */
  record(rejection: Rejection | undefined): void {
    this.#unreported = rejection;
    if (this.#isStarted) this.#reportNewest();
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#isStarted = true;
    this.#reportNewest();
    await aborted(signal);
    this.#isStarted = false;
  }

  #reportNewest(): void {
    if (this.#unreported !== undefined) this.report(this.#unreported);
    this.#unreported = undefined;
  }
}
