/** Watches the operator's configuration. Every replica does, since admission injects from it; the leader reports it. */
import { operatorNames } from "../configuration/names.js";
import { ConfigurationPublisher, readLastInForce } from "../configuration/publisher.js";
import type { ConfigurationSource } from "../configuration/source.js";
import { formatProblem } from "../configuration/source.js";
import { watchConfiguration } from "../configuration/watch.js";
import type { SyncingCache } from "../kinds/webhooks.js";
import { Informer } from "../runtime/cache/informer.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import { sleep } from "../runtime/clock.js";
import type { Manager } from "../runtime/manager/manager.js";

/** Milliseconds between two attempts to read the last valid configuration. */
const restoreInterval = 1_000;

export interface WatchedConfiguration {
  readonly informer: Informer<ConfigMap>;
  /** Synced once the configuration is the one that should be in force. */
  readonly inForce: SyncingCache;
}

/** @param options namespace of the ConfigMap, and the operator's version */
export function addConfiguration(
  manager: Manager,
  source: ConfigurationSource,
  { namespace, version }: { readonly namespace: string; readonly version: string },
): WatchedConfiguration {
  const { logger, registry, events, client, clock } = manager;
  const informer = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.configuration}` },
    manager.informerDependencies,
  );
  const inForce = restoredCache(manager, source, informer, namespace);
  manager.add(watchConfiguration({ informer, logger, registry, events }, source), "leader");
  manager.add(new ConfigurationPublisher({ client, clock, logger, source, namespace, version }), "leader");
  manager.add(
    {
      name: "configuration",
      start: (signal) => informer.start(signal),
      ready: (signal) => inForce.waitForSync(signal),
    },
    "others",
  );
  manager.addReadyCheck("configuration", () => (inForce.reader.hasSynced ? undefined : "not read yet"));
  for (const problem of source.inForce.problems) logger.warn({}, `configuration: ${formatProblem(problem)}`);
  return { informer, inForce };
}

/**
 * A restart must not replace the last valid configuration with the defaults because an invalid one is stored: if the first text that is
 * read is refused, the one that the last leader had in force is restored before anything uses the configuration.
 */
function restoredCache(
  { liveClient, clock, logger }: Manager,
  source: ConfigurationSource,
  informer: Informer<ConfigMap>,
  namespace: string,
): SyncingCache {
  let isRestored = false;
  const restore = async (signal: AbortSignal): Promise<void> => {
    while (!isRestored) {
      try {
        const report = source.needsRestore ? await readLastInForce(liveClient, namespace, signal) : undefined;
        if (report !== undefined) {
          source.restore(report.text);
          logger.warn({ since: report.since }, "the last valid configuration is in effect again");
        }
        isRestored = true;
      } catch (error) {
        signal.throwIfAborted();
        logger.warn({ err: error }, "cannot read the last valid configuration; retrying");
        await sleep(clock, restoreInterval, signal);
      }
    }
  };
  return {
    reader: {
      get hasSynced() {
        return informer.reader.hasSynced && (isRestored || !source.needsRestore);
      },
    },
    waitForSync: async (signal) => {
      await informer.waitForSync(signal);
      await restore(signal);
    },
  };
}
