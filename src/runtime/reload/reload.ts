/** Applies the contents of a ConfigMap whenever it changes, and reports the result. */
import { isDeepStrictEqual } from "node:util";
import { Counter, Gauge, type Registry } from "prom-client";
import type { EventRecorder } from "../events/recorder.js";
import type { Informer } from "../cache/informer.js";
import type { ConfigMap } from "../client/objects.js";
import type { Logger } from "../logger.js";

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
}

/**
 * Passes each change of a ConfigMap to `update`: its data, or `undefined` when it is deleted. A rejection is reported by
 * a log line, an Event on the ConfigMap and the metric `<prefix>_last_reload_successful`.
 */
export function watchReloads(
  { informer, logger, registry, events, subject, metricPrefix, reason, key }: ReloadOptions,
  update: (data: ConfigMap["data"]) => Reloaded,
): void {
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
  const part = (data: ConfigMap["data"] = {}): unknown => (key === undefined ? data : data[key]);
  successful.set(1);
  informer.addHandler((change) => {
    const data = change.type === "deleted" ? undefined : (change.object.data ?? {});
    if (change.type === "updated" && isDeepStrictEqual(part(change.old.data), part(data))) return;
    const { accepted, problems } = update(data);
    successful.set(accepted ? 1 : 0);
    reloads.inc({ result: accepted ? "accepted" : "refused" });
    const fields = { configMap: change.object.metadata.name, problems };
    if (accepted) {
      logger.info(fields, `the ${subject} is in effect`);
      return;
    }
    logger.error(fields, `the ${subject} has errors; the last valid one stays in effect`);
    events.event(change.object, {
      type: "Warning",
      reason,
      action: "Reload",
      note: `The ${subject} has errors, and the last valid one stays in effect: ${problems.join("; ")}`,
    });
  });
}
