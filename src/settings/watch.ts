import { Counter, Gauge, type Registry } from "prom-client";
import type { Informer } from "../runtime/cache/informer.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import type { Logger } from "../runtime/logger.js";
import { configurationKey } from "./names.js";
import { formatProblem, type SettingsSource } from "./source.js";

export interface WatchSettingsOptions {
  /** Of the one ConfigMap. */
  readonly informer: Informer<ConfigMap>;
  readonly settings: SettingsSource;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly events: EventRecorder;
}

/**
 * Takes each change of the configuration's ConfigMap into the settings in force. A text with errors changes nothing:
 * the last good one stays, and a log line, an Event on the ConfigMap and the metric
 * `orchestrator_config_last_reload_successful` say so.
 */
export function watchSettings({ informer, settings, logger, registry, events }: WatchSettingsOptions): void {
  const registers = [registry];
  const successful = new Gauge({
    name: "orchestrator_config_last_reload_successful",
    help: "1 if the newest configuration is in force, 0 if it has errors and the one before it stays",
    registers,
  });
  const reloads = new Counter({
    name: "orchestrator_config_reloads_total",
    help: "Configurations that were read, by what became of them",
    labelNames: ["result"] as const,
    registers,
  });
  successful.set(1);
  informer.addHandler((change) => {
    const gone = change.type === "deleted";
    const text = gone ? undefined : change.object.data?.[configurationKey];
    if (change.type === "updated" && change.old.data?.[configurationKey] === text) return;
    const { accepted, problems } = settings.update(text);
    successful.set(accepted ? 1 : 0);
    reloads.inc({ result: accepted ? "accepted" : "refused" });
    const list = problems.map(formatProblem);
    if (accepted) {
      logger.info({ configMap: change.object.metadata.name, problems: list }, "configuration is in force");
      return;
    }
    logger.error(
      { configMap: change.object.metadata.name, problems: list },
      "configuration has errors; the last good one stays",
    );
    events.event(change.object, {
      type: "Warning",
      reason: "InvalidConfiguration",
      action: "Reload",
      note: `The configuration has errors, and the one before it stays in force: ${list.join("; ")}`,
    });
  });
}
