/** Sends CloudEvents about the runs of all kinds; only the leader does. */
import type { Tenants } from "./namespaces.js";
import { PhaseEvents, type Run } from "../cloud-events/phase-events.js";
import type { ConfigurationSource } from "../configuration/source.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import type { Manager } from "../runtime/manager/manager.js";

/** What they depend on. */
export interface CloudEventsSetup {
  readonly manager: Manager;
  readonly configuration: ConfigurationSource;
  readonly configurationInformer: Informer<ConfigMap>;
  readonly tenants: Tenants;
  readonly keyDirectory: string;
  readonly version: string;
}

/** @returns takes the caches of runs */
export function addCloudEvents({
  manager,
  configuration,
  configurationInformer,
  tenants,
  ...options
}: CloudEventsSetup): {
  watch<R extends Run>(runs: Informer<R>): void;
} {
  const { clock, random, logger, registry } = manager;
  const events = new PhaseEvents({
    ...{ ...options, clock, random, logger, registry },
    sinks: () => configuration.current().cloudEvents.sinks,
    isManaged: (namespace) => tenants.scope.covers(namespace),
  });
  configurationInformer.addHandler(() => events.configurationChanged());
  manager.add(events, "leader");
  return events;
}
