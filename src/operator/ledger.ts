/** The ledger of ended runs, whose ConfigMaps are written again if someone deletes them. */
import type { ConfigurationSource } from "../configuration/source.js";
import { Ledger } from "../runs/ledger.js";
import { aborted } from "../runtime/abort.js";
import type { Informer } from "../runtime/cache/informer.js";
import { objectKey, type ConfigMap } from "../runtime/client/objects.js";
import { sleep } from "../runtime/clock.js";
import type { Manager } from "../runtime/manager/manager.js";

/** Milliseconds between two attempts to read it. */
const retryInterval = 1_000;

/**
 * @param namespace of the operator
 * @param configMaps a cache with the ConfigMaps of that namespace; without them a deleted one is written with the next change
 */
export function addLedger(
  manager: Manager,
  configuration: ConfigurationSource,
  namespace: string,
  configMaps: Informer<ConfigMap>,
): Ledger {
  const { client, clock, logger } = manager;
  const capacity = (): number => configuration.current().history.rememberedRuns;
  const ledger = new Ledger({ client, namespace, capacity });
  let leading: AbortSignal | undefined;
  const load = async (signal: AbortSignal): Promise<void> => {
    do {
      try {
        await ledger.load(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, "cannot read the ledger; retrying");
      }
    } while (await sleep(clock, retryInterval, signal));
  };
  manager.add(
    {
      name: "ledger",
      start: async (signal) => {
        leading = signal;
        // at once, so that it is in memory if someone deletes a ConfigMap
        await load(signal);
        await aborted(signal);
        leading = undefined;
      },
    },
    "leader",
  );
  configMaps.addHandler((change) => {
    if (change.type !== "deleted" || leading === undefined) return;
    const key = objectKey(change.object);
    ledger.restore(key, leading).then(
      (isRestored) => {
        if (isRestored)
          logger.warn({ configMap: key.name }, "a ConfigMap of the ledger was deleted and is written again");
      },
      (error: unknown) => logger.warn({ err: error, configMap: key.name }, "cannot restore a ConfigMap of the ledger"),
    );
  });
  return ledger;
}
