import { Gauge, type Registry } from "prom-client";
import type { TemplateSource } from "./source.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import type { Logger } from "../runtime/logger.js";

export interface WatchTemplatesOptions {
  /** Of the one ConfigMap. */
  readonly informer: Informer<ConfigMap>;
  readonly templates: TemplateSource;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly events: EventRecorder;
}

/** An Event's note has at most this many characters. */
const longestNote = 1000;

/**
 * Takes each change of the templates' ConfigMap. Templates with mistakes change nothing: a log line, an Event on the
 * ConfigMap and the metric `orchestrator_templates_last_reload_successful` say where they are.
 */
export function watchTemplates({ informer, templates, logger, registry, events }: WatchTemplatesOptions): void {
  const successful = new Gauge({
    name: "orchestrator_templates_last_reload_successful",
    help: "1 if the newest templates are in force, 0 if they have mistakes and those before them stay",
    registers: [registry],
  });
  successful.set(1);
  informer.addHandler((change) => {
    const { name, resourceVersion } = change.object.metadata;
    if (change.type === "updated" && change.old.metadata.resourceVersion === resourceVersion) return;
    const { accepted, problems } = templates.update(change.type === "deleted" ? undefined : change.object.data);
    successful.set(accepted ? 1 : 0);
    if (accepted) { logger.info({ configMap: name }, "templates are in force"); return; }
    const list = problems.map(({ message }) => message);
    logger.error({ configMap: name, problems: list }, "templates have mistakes; those before them stay");
    const note = `The templates have mistakes, and those before them stay in force: ${list.join("; ")}`;
    events.event(change.object, {
      type: "Warning",
      reason: "InvalidTemplates",
      action: "Reload",
      note: note.length > longestNote ? `${note.slice(0, longestNote - 3)}...` : note,
    });
  });
}
