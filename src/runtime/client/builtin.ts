/** The built-in resources that operators commonly need. Others are declared with {@link resourceType}. */
import type {
  ConfigMap,
  CustomResourceDefinition,
  EventsEvent,
  Job,
  KubernetesObject,
  Lease,
  MutatingWebhookConfiguration,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
  ServiceAccount,
  StorageClass,
  ValidatingWebhookConfiguration,
} from "./objects.js";
import { resourceType, type ResourceType } from "./resource.js";

function declare<T extends KubernetesObject>(
  group: string,
  kind: string,
  plural: string,
  namespaced: boolean,
): ResourceType<T> {
  return resourceType<T>({ group, version: "v1", kind, plural, namespaced });
}

export const ConfigMaps = declare<ConfigMap>("", "ConfigMap", "configmaps", true);
export const Namespaces = declare<Namespace>("", "Namespace", "namespaces", false);
export const Nodes = declare<Node>("", "Node", "nodes", false);
export const PersistentVolumes = declare<PersistentVolume>("", "PersistentVolume", "persistentvolumes", false);
export const PersistentVolumeClaims = declare<PersistentVolumeClaim>(
  "",
  "PersistentVolumeClaim",
  "persistentvolumeclaims",
  true,
);
export const Pods = declare<Pod>("", "Pod", "pods", true);
export const Secrets = declare<Secret>("", "Secret", "secrets", true);
export const Services = declare<Service>("", "Service", "services", true);
export const ServiceAccounts = declare<ServiceAccount>("", "ServiceAccount", "serviceaccounts", true);
export const Jobs = declare<Job>("batch", "Job", "jobs", true);
export const Leases = declare<Lease>("coordination.k8s.io", "Lease", "leases", true);
export const Events = declare<EventsEvent>("events.k8s.io", "Event", "events", true);
export const StorageClasses = declare<StorageClass>("storage.k8s.io", "StorageClass", "storageclasses", false);
export const CustomResourceDefinitions = declare<CustomResourceDefinition>(
  "apiextensions.k8s.io",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);
export const MutatingWebhookConfigurations = declare<MutatingWebhookConfiguration>(
  "admissionregistration.k8s.io",
  "MutatingWebhookConfiguration",
  "mutatingwebhookconfigurations",
  false,
);
export const ValidatingWebhookConfigurations = declare<ValidatingWebhookConfiguration>(
  "admissionregistration.k8s.io",
  "ValidatingWebhookConfiguration",
  "validatingwebhookconfigurations",
  false,
);
