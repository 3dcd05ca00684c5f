/** Watches the ConfigMap that overrides templates. The built-in ones apply until it is read, so nothing waits for it. */
import { operatorNames } from "../configuration/names.js";
import { Informer } from "../runtime/cache/informer.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import type { Manager } from "../runtime/manager/manager.js";
import type { TemplateSource } from "../templates/source.js";
import { watchTemplates } from "../templates/watch.js";

/** @param namespace of the ConfigMap */
export function addTemplates(manager: Manager, source: TemplateSource, namespace: string): Informer<ConfigMap> {
  const { logger, registry, events } = manager;
  const informer = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.templates}` },
    manager.informerDependencies,
  );
  manager.add(watchTemplates({ informer, logger, registry, events }, source), "leader");
  manager.add({ name: "templates", start: (signal) => informer.start(signal) }, "others");
  return informer;
}
