/** Which namespaces the operator manages, and when admission knows enough to answer. */
import type { ConfigurationSource } from "../configuration/source.js";
import { NamespaceScope } from "../configuration/namespaces.js";
import { Informer } from "../runtime/cache/informer.js";
import { Namespaces } from "../runtime/client/builtin.js";
import type { Namespace } from "../runtime/client/objects.js";
import type { NamespaceFacts } from "../runs/namespace-facts.js";
import type { SyncingCache } from "../kinds/webhooks.js";
import type { Manager } from "../runtime/manager/manager.js";

export interface Tenants {
  readonly namespaces: Informer<Namespace>;
  readonly scope: NamespaceScope;
}

/** Only the labels of namespaces are cached, and they are read only if the configuration selects by them. */
export function addNamespaces(
  manager: Manager,
  configuration: ConfigurationSource,
  watched: readonly string[] | undefined,
): Tenants {
  const namespaces = new Informer<Namespace>(Namespaces, { metadataOnly: true }, manager.informerDependencies);
  manager.add({ name: "namespaces", start: (signal) => namespaces.start(signal) }, "others");
  const scope = new NamespaceScope({
    choice: () => configuration.current().namespaces,
    namespaces: namespaces.reader,
    ...(watched !== undefined && { watched }),
  });
  return { namespaces, scope };
}

/** @param operatorNamespace the namespace of the operator's own objects */
export function factsOf(
  { namespaces: { reader } }: Tenants,
  operatorNamespace: string,
): (name: string) => NamespaceFacts {
  return (name) => {
    const labels = reader.hasSynced ? reader.get({ name })?.metadata.labels : undefined;
    return { name, isOperators: name === operatorNamespace, ...(labels !== undefined && { labels }) };
  };
}

/** Milliseconds that a webhook waits for the first fill of its caches: less than the API server waits for the webhook. */
const admissionSyncTimeout = 4_000;

/**
 * Returns a function that waits until the caches that admission reads are filled, and returns undefined if they are. It
 * rejects after {@link admissionSyncTimeout}.
 */
export function syncGate(
  { clock }: Pick<Manager, "clock">,
  configuration: SyncingCache,
  { namespaces, scope }: Tenants,
): (runs: SyncingCache, kind: string) => undefined | Promise<void> {
  const hasLabels = (): boolean => !scope.takesLabels || namespaces.reader.hasSynced;
  const waitForSync = async (runs: SyncingCache, kind: string): Promise<void> => {
    const abort = new AbortController();
    const timer = clock.after(admissionSyncTimeout, () =>
      abort.abort(new Error(`the orchestrator is starting and has not listed all ${kind}s yet; try again in a moment`)),
    );
    try {
      await Promise.all([runs.waitForSync(abort.signal), configuration.waitForSync(abort.signal)]);
      if (!hasLabels()) await namespaces.waitForSync(abort.signal);
    } finally {
      timer.cancel();
    }
  };
  return (runs, kind) => {
    const isSynced = runs.reader.hasSynced && configuration.reader.hasSynced && hasLabels();
    return isSynced ? undefined : waitForSync(runs, kind);
  };
}
