/** What a ConfigMap holds is taken into force as it changes, and what became of it is told. */
import { isDeepStrictEqual } from "node:util";
import { Counter, Gauge, type Registry } from "prom-client";
import type { EventRecorder } from "../events/recorder.js";
import type { Informer } from "../cache/informer.js";
import type { ConfigMap } from "../client/objects.js";
import type { Logger } from "../logger.js";

export interface ReloadDependencies {
  /** Of the one ConfigMap. */
  readonly informer: Informer<ConfigMap>;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly events: EventRecorder;
}

export interface ReloadOptions extends ReloadDependencies {
  /** What it holds, in a sentence: `configuration`. */
  readonly subject: string;
  /** Before `_last_reload_successful` and `_reloads_total`. */
  readonly metricPrefix: string;
  /** CamelCase; of the Event on a ConfigMap that is refused. */
  readonly reason: string;
  /** The only key that counts. Absent: all of them. */
  readonly key?: string;
}

/** What became of an update. */
export interface Reloaded {
  /** False: there are mistakes, and what was in force before stays. */
  readonly accepted: boolean;
  /** Of a refusal, or warnings. One line each. */
  readonly problems: readonly string[];
}

/**
 * Hands each change of a ConfigMap to `update`: its data, `undefined` when it is deleted. Where that is refused, a log
 * line, an Event on the ConfigMap and the metric `<prefix>_last_reload_successful` say so.
 */
export function watchReloads(
  { informer, logger, registry, events, subject, metricPrefix, reason, key }: ReloadOptions,
  update: (data: ConfigMap["data"]) => Reloaded,
): void {
  const registers = [registry];
  const successful = new Gauge({
    name: `${metricPrefix}_last_reload_successful`,
    help: `1 if the newest ${subject} is in force, 0 if it has mistakes and the last good one stays`,
    registers,
  });
  const reloads = new Counter({
    name: `${metricPrefix}_reloads_total`,
    help: `Times that the ${subject} was read, by what became of it`,
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
      logger.info(fields, `the ${subject} is in force`);
      return;
    }
    logger.error(fields, `the ${subject} has mistakes; the last good one stays`);
    events.event(change.object, {
      type: "Warning",
      reason,
      action: "Reload",
      note: `The ${subject} has mistakes, and the last good one stays in force: ${problems.join("; ")}`,
    });
  });
}
