/**
 * Kubernetes objects as they are on the wire: timestamps are RFC 3339 strings, never `Date`.
 *
 * The models of @kubernetes/client-node are imported as types only. `Wire` turns their `Date` fields into the strings
 * that JSON really holds, so nothing needs conversion and unknown fields are preserved.
 */
import type {
  V1ConfigMap,
  V1CustomResourceDefinition,
  CoreV1Event,
  V1Job,
  V1LabelSelector,
  V1Lease,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StorageClass,
  V1ValidatingWebhookConfiguration,
  EventsV1Event,
} from "@kubernetes/client-node";

/** A model with every `Date` (and client-node's V1MicroTime, which extends it) replaced by its RFC 3339 string. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

/** An item of metadata.ownerReferences. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** metadata of an object as the API server returns it; `resourceVersion` is opaque and only compared for equality. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339, seconds. */
  creationTimestamp?: string;
  /** RFC 3339, seconds; set once deletion was requested. */
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

/** What every Kubernetes object has. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** An object that came from the API server: it has a name, a UID and a resourceVersion. */
export type Stored<T extends KubernetesObject> = T & {
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string };
};

/** metav1.Condition */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  observedGeneration?: number;
  /** RFC 3339; changes only when `status` changes. */
  lastTransitionTime: string;
  /** CamelCase, stable, for machines. */
  reason: string;
  /** A sentence, for people. */
  message: string;
}

/** Names an object within its type; `namespace` is absent for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

/** A list response: items and the collection's resourceVersion. */
export interface ObjectList<T> {
  readonly items: T[];
  readonly metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
}

type Model<T> = Omit<Wire<T>, "metadata"> & { metadata?: ObjectMeta };

/** v1 ConfigMap. */
export type ConfigMap = Model<V1ConfigMap>;
/** apiextensions.k8s.io/v1 CustomResourceDefinition. */
export type CustomResourceDefinition = Model<V1CustomResourceDefinition>;
/** v1 Event, the older of the two APIs. */
export type CoreEvent = Model<CoreV1Event>;
/** events.k8s.io/v1 Event. */
export type EventsEvent = Model<EventsV1Event>;
/** batch/v1 Job. */
export type Job = Model<V1Job>;
/** metav1.LabelSelector. */
export type LabelSelector = Wire<V1LabelSelector>;
/** coordination.k8s.io/v1 Lease. */
export type Lease = Model<V1Lease>;
/** admissionregistration.k8s.io/v1 MutatingWebhookConfiguration. */
export type MutatingWebhookConfiguration = Model<V1MutatingWebhookConfiguration>;
/** networking.k8s.io/v1 NetworkPolicy. */
export type NetworkPolicy = Model<V1NetworkPolicy>;
/** v1 Namespace. */
export type Namespace = Model<V1Namespace>;
/** v1 Node. */
export type Node = Model<V1Node>;
/** v1 PersistentVolume. */
export type PersistentVolume = Model<V1PersistentVolume>;
/** v1 PersistentVolumeClaim. */
export type PersistentVolumeClaim = Model<V1PersistentVolumeClaim>;
/** v1 Pod. */
export type Pod = Model<V1Pod>;
/** v1 Secret. */
export type Secret = Model<V1Secret>;
/** v1 Service. */
export type Service = Model<V1Service>;
/** v1 ServiceAccount. */
export type ServiceAccount = Model<V1ServiceAccount>;
/** storage.k8s.io/v1 StorageClass. */
export type StorageClass = Model<V1StorageClass>;
/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. */
export type ValidatingWebhookConfiguration = Model<V1ValidatingWebhookConfiguration>;

/** The object's key. @param name of another object in the same namespace; default: the object's own. */
export function objectKey({ metadata }: KubernetesObject, name = metadata?.name ?? ""): ObjectKey {
  const namespace = metadata?.namespace;
  return namespace === undefined ? { name } : { namespace, name };
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and queues. */
export function keyOf(object: KubernetesObject): string {
  return formatKey(objectKey(object));
}

/** The string form of a key; the reverse of {@link parseKey}. */
export function formatKey(key: ObjectKey): string {
  return key.namespace === undefined || key.namespace === "" ? key.name : `${key.namespace}/${key.name}`;
}

/** The key of `namespace/name` or `name`. Neither part can contain a slash, so nothing is lost. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf("/");
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
