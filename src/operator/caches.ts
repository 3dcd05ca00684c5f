/** The caches that all kinds share. Each keeps only what is read, since all objects of a cluster may be in them. */
import { agentNetworkName } from "../configuration/names.js";
import { dropManagedFields } from "../runtime/cache/reflector.js";
import { ownerIndex, ownerNameIndex, podIndex } from "../runs/indexes.js";
import { runLabels } from "../runs/metadata.js";
import type { Cache } from "../runtime/cache/cache.js";
import type { Informer } from "../runtime/cache/informer.js";
import {
  ConfigMaps,
  Jobs,
  NetworkPolicies,
  PersistentVolumeClaims,
  Pods,
  ServiceAccounts,
} from "../runtime/client/builtin.js";
import type {
  ConfigMap,
  Job,
  KubernetesObject,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  Stored,
} from "../runtime/client/objects.js";

export interface SharedCaches {
  readonly jobs: Informer<Job>;
  readonly files: Informer<ConfigMap>;
  readonly workspaces: Informer<PersistentVolumeClaim>;
  readonly pods: Informer<Pod>;
  /** Only the policies of agents. */
  readonly networkPolicies: Informer<NetworkPolicy>;
  readonly serviceAccounts: Informer<KubernetesObject>;
}

/** @param scope the namespaces to watch; absent: all */
export function sharedCaches(cache: Cache, scope: { readonly namespaces?: readonly string[] }): SharedCaches {
  return {
    jobs: cache.informer<Job>(Jobs, {
      ...scope,
      transform: dropPodTemplate,
      indexes: { [ownerIndex.name]: ownerIndex.of, [ownerNameIndex.name]: ownerNameIndex.of },
    }),
    files: cache.informer<ConfigMap>(ConfigMaps, {
      ...scope,
      metadataOnly: true,
      transform: dropContents,
      indexes: { [ownerIndex.name]: ownerIndex.of },
    }),
    workspaces: cache.informer(PersistentVolumeClaims, scope),
    pods: cache.informer<Pod>(Pods, {
      ...scope,
      labelSelector: runLabels.ownerUID,
      transform: dropPodSpec,
      indexes: { [podIndex.name]: podIndex.of },
    }),
    networkPolicies: cache.informer<NetworkPolicy>(NetworkPolicies, {
      ...scope,
      fieldSelector: `metadata.name=${agentNetworkName}`,
      transform: dropManagedFields,
    }),
    serviceAccounts: cache.informer<KubernetesObject>(ServiceAccounts, { ...scope, metadataOnly: true }),
  };
}

/** The pod template is most of a Job, and is never read back. All Jobs are cached, since any may have a wanted name. */
export function dropPodTemplate(job: Stored<Job>): Stored<Job> {
  delete job.metadata.managedFields;
  if (job.spec !== undefined) Reflect.deleteProperty(job.spec, "template");
  return job;
}

/** Only the status of a pod is read. */
export function dropPodSpec(pod: Stored<Pod>): Stored<Pod> {
  delete pod.metadata.managedFields;
  delete pod.spec;
  return pod;
}

/** Lists hold metadata only, but the answer to a write holds the contents, too. */
function dropContents<T extends ConfigMap>(object: T): T {
  delete object.data;
  delete object.binaryData;
  delete object.metadata?.managedFields;
  return object;
}
