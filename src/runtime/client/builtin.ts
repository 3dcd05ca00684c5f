/** The built-in resources that operators commonly need. Declare others with {@link resourceType}. */
import type {
  ConfigMap,
  CustomResourceDefinition,
  EventsEvent,
  Job,
  KubernetesObject,
  Lease,
  MutatingWebhookConfiguration,
  Namespace,
  NetworkPolicy,
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

/** Resource of ConfigMap. */
export const ConfigMaps = declare<ConfigMap>("", "ConfigMap", "configmaps", true);
/** Resource of Namespace. */
export const Namespaces = declare<Namespace>("", "Namespace", "namespaces", false);
/** Resource of NetworkPolicy. */
export const NetworkPolicies = declare<NetworkPolicy>("networking.k8s.io", "NetworkPolicy", "networkpolicies", true);
/** Resource of Node. */
export const Nodes = declare<Node>("", "Node", "nodes", false);
/** Resource of PersistentVolume. */
export const PersistentVolumes = declare<PersistentVolume>("", "PersistentVolume", "persistentvolumes", false);
/** Resource of PersistentVolumeClaim. */
export const PersistentVolumeClaims = declare<PersistentVolumeClaim>(
  "",
  "PersistentVolumeClaim",
  "persistentvolumeclaims",
  true,
);
/** Resource of Pod. */
export const Pods = declare<Pod>("", "Pod", "pods", true);
/** Resource of Secret. */
export const Secrets = declare<Secret>("", "Secret", "secrets", true);
/** Resource of Service. */
export const Services = declare<Service>("", "Service", "services", true);
/** Resource of ServiceAccount. */
export const ServiceAccounts = declare<ServiceAccount>("", "ServiceAccount", "serviceaccounts", true);
/** Resource of Job. */
export const Jobs = declare<Job>("batch", "Job", "jobs", true);
/** Resource of Lease. */
export const Leases = declare<Lease>("coordination.k8s.io", "Lease", "leases", true);
/** Resource of EventsEvent. */
export const Events = declare<EventsEvent>("events.k8s.io", "Event", "events", true);
/** Resource of StorageClass. */
export const StorageClasses = declare<StorageClass>("storage.k8s.io", "StorageClass", "storageclasses", false);
/** Resource of CustomResourceDefinition. */
export const CustomResourceDefinitions = declare<CustomResourceDefinition>(
  "apiextensions.k8s.io",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);
/** Resource of MutatingWebhookConfiguration. */
export const MutatingWebhookConfigurations = declare<MutatingWebhookConfiguration>(
  "admissionregistration.k8s.io",
  "MutatingWebhookConfiguration",
  "mutatingwebhookconfigurations",
  false,
);
/** Resource of ValidatingWebhookConfiguration. */
export const ValidatingWebhookConfigurations = declare<ValidatingWebhookConfiguration>(
  "admissionregistration.k8s.io",
  "ValidatingWebhookConfiguration",
  "validatingwebhookconfigurations",
  false,
);
