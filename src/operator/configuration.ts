/** Watches the operator's configuration. Every replica does, since admission injects from it. */
import { operatorNames } from "../configuration/names.js";
import type { ConfigurationSource } from "../configuration/source.js";
import { formatProblem } from "../configuration/source.js";
import { watchConfiguration } from "../configuration/watch.js";
import { Informer } from "../runtime/cache/informer.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import type { Manager } from "../runtime/manager/manager.js";

/** @param namespace of the ConfigMap */
export function addConfiguration(
  manager: Manager,
  source: ConfigurationSource,
  namespace: string,
): Informer<ConfigMap> {
  const { logger, registry, events } = manager;
  const informer = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.configuration}` },
    manager.informerDependencies,
  );
  watchConfiguration({ informer, logger, registry, events }, source);
  manager.add(
    {
      name: "configuration",
      start: (signal) => informer.start(signal),
      ready: (signal) => informer.waitForSync(signal),
    },
    "others",
  );
  manager.addReadyCheck("configuration", () => (informer.reader.hasSynced ? undefined : "not read yet"));
  for (const problem of source.last.problems) logger.warn({}, `configuration: ${formatProblem(problem)}`);
  return informer;
}
